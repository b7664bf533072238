"""What records say: one file per log, found by walking this folder.

A source module defines `SOURCE`, a `counterseal.evidence.source.Source`.
"""
