"""What the code in an event's `lossy` column means: what its export destroyed or left open, in words."""

LOSSES: dict[str, str] = {
    "flattened": "flattened by the export tool: nested values, message ids among them, are gone",
    "cut": "cut short by the export",
    "no-items": "of access to a mailbox that name no message",
    "unsafe-id": "with a token id that could pass for other fields of the line",
    "stream-unknown": "of a sign-in stream that the export does not name: good for a match, not for an accusation",
    "other-tenants-log": "not surely of the tenant's own log: good for a match, not for an accusation",
    "time-of-delivery": "with no time but that of delivery, which comes minutes later",
    "year-inferred": "stamped without a year: it is taken from dated lines far off in the file",
    "zone-assumed": "stamped without a zone: taken for UTC",
}
"""Code -> what can be said of records that carry it."""


def loss_said(code: str, records: int) -> str:
    """The warning of a file with so many records of a code; a code without words stands for itself."""
    return f"{records:,} record{'' if records == 1 else 's'} {LOSSES.get(code, f'marked {code}')}"
