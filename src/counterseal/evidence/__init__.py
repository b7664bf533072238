"""Readers (how a record is packed) and sources (what a record says) turn evidence into events."""
