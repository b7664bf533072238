"""The closed words of the product: every verdict, exposure, status, state and basis there is."""

from enum import StrEnum


class Kind(StrEnum):
    """What a log record says: a minting, a presentation, or a touch of a key."""

    ISSUANCE = "issuance"
    USE = "use"
    CUSTODY = "custody"


class Verdict(StrEnum):
    """The verdict on one accepted use, worst first."""

    FORGED = "forged"
    STOLEN = "stolen"
    UNISSUED = "unissued"
    SUSPICIOUS = "suspicious"
    UNKNOWN = "unknown"
    ISSUED = "issued"


ACCUSING = (Verdict.FORGED, Verdict.STOLEN, Verdict.UNISSUED)
"""Verdicts that make the mailbox a victim."""


class Exposure(StrEnum):
    """How sure it is that a message was served to the actor."""

    CERTAIN = "certain"
    PRESUMED = "presumed"
    POSSIBLE = "possible"


class Status(StrEnum):
    """What is known of one mailbox."""

    VICTIM = "victim"
    SUSPECTED = "suspected"
    CLEARED = "cleared"
    UNDETERMINED = "undetermined"


class CoverageState(StrEnum):
    """Whether a stream would have shown an event of that day."""

    COVERED = "covered"
    PARTIAL = "partial"
    ABSENT = "absent"


class Basis(StrEnum):
    """What a verdict or a coverage statement rests on."""

    PROVEN = "proven"
    DECLARED = "declared"
    MEASURED = "measured"
    MATCH = "match"
    DERIVED = "derived"
    RULE = "rule"
    BUNDLE = "bundle"
    ISSUER = "issuer"
    ASSOCIATION = "association"
    INDICATOR = "indicator"
