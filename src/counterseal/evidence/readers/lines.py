"""Lines of a log: syslog of either RFC, ISO times, Dovecot's own, or any text that is neither JSON nor CSV."""

import re
from collections.abc import Iterator

import pyarrow as pa

from counterseal.evidence.packing import Framing, Reader, Stream, whole_lines

LINE = re.compile(rb"\S[^\n]*")
"""From the first byte of a line that is not blank."""

UNPRINTABLE = bytes(byte for byte in range(32) if byte not in b"\t\n\r\x0b\x0c\x1b\x07\x08")


def sniff(head: bytes) -> bool:
    """Text: no zero byte, and next to no other byte that text does not have."""
    if not head.strip() or b"\0" in head:
        return False
    odd = len(head) - len(head.translate(None, UNPRINTABLE))
    undecodable = head.decode("utf-8", "replace").count("\ufffd")
    return (odd + undecodable) * 20 < len(head)


def frames(stream: Stream) -> Iterator[pa.RecordBatch]:
    """Each line that is not blank, without the blanks before it and its end, is a record."""
    framing = Framing(stream)
    for lines in whole_lines(stream):
        if lines.overlong:
            framing.overlong(lines.place, lines.length, lines.block)
        else:
            for line in LINE.finditer(lines.block):
                framing.take(lines.place + line.start(), line[0].rstrip(b"\r"))
        if framing.full:
            yield from framing.batch()
    yield from framing.batch()


READER = Reader(
    name="lines",
    says="Lines of text: syslog (RFC 3164, RFC 5424), ISO times, Dovecot's own log.",
    order=90,
    sniff=sniff,
    frames=frames,
    lines=True,
)
