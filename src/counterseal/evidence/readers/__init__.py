"""How records are packed: one file per packing, found by walking this folder.

A reader module defines `READER`, a `counterseal.evidence.packing.Reader`.
"""
