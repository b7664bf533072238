"""Counterseal: forged-token defence for cloud mail."""

__version__ = "0.1.0"
