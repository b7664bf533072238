"""Evidence text as spreadsheet cells that no program runs."""

FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
"""First characters that make a spreadsheet take a cell for a formula.

Source: OWASP, "CSV Injection".
"""

UNSEEN = (
    r"[\x{0}-\x{1f}\x{7f}-\x{9f}\x{ad}\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}]"
)
"""Control characters, direction overrides and zero-width characters."""


PLAIN = r"[ -*,.-<>-?A-~][ -~]*"
"""Printable ASCII that starts with none of `=+-@`: nearly every cell, and one look at it is enough."""


def cell(expression: str) -> str:
    """SQL for a text cell: what prints nothing becomes U+FFFD, and a formula gets an apostrophe before it."""
    return (
        f"case when regexp_full_match({expression}, '{PLAIN}') then {expression} else "
        f"list_transform([{expression}], lambda t: case when t is null then null else "
        f"list_transform([case when regexp_matches(t, '{UNSEEN}') then regexp_replace(t, '{UNSEEN}', chr(65533), 'g') "
        f"else t end], lambda s: case when regexp_matches(s, '{FORMULA}') then '''' || s else s end)[1] end)[1] end"
    )


def instant(expression: str) -> str:
    """SQL for an instant: ISO 8601 with microseconds and the zone, UTC."""
    return f"strftime({expression}, '%Y-%m-%dT%H:%M:%S.%f+00:00')"
