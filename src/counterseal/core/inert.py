"""Text out of evidence, made harmless to look at: an attacker chose every character of it."""


def visible(text: str) -> str:
    r"""The same text with everything that prints nothing spelt out, e.g. ESC as `\x1b`, U+202E as `\u202e`.

    Covers terminal escapes, line breaks, C1 controls, direction overrides, zero-width characters, private-use
    and unassigned code points and lone surrogates: all that `str.isprintable` refuses.

    Source: Unicode Technical Report 36, 2.10.3 and 3.5 (deletion of code points, bidirectional spoofing).
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def clipped(text: str, most: int) -> str:
    """At most so many characters of a text, saying how many are left out."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} more characters)"
