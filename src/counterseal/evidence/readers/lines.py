"""Lines of a log: syslog of either RFC, ISO times, Dovecot's own, or any text that is neither JSON nor CSV."""

from collections.abc import Iterator

import pyarrow as pa

from counterseal.evidence.packing import Framing, Reader, Stream, whole_lines

UNPRINTABLE = bytes(byte for byte in range(32) if byte not in b"\t\n\r\x0b\x0c\x1b\x07\x08")


def sniff(head: bytes) -> bool:
    """Text: no zero byte, and next to no other byte that text does not have."""
    if not head.strip() or b"\0" in head:
        return False
    odd = len(head) - len(head.translate(None, UNPRINTABLE))
    undecodable = head.decode("utf-8", "replace").count("\ufffd")
    return (odd + undecodable) * 20 < len(head)


def frames(stream: Stream) -> Iterator[pa.RecordBatch]:
    """Each line that is not blank, without its end, is a record."""
    framing = Framing(stream)
    for lines in whole_lines(stream):
        if lines.overlong:
            framing.overlong(lines.place, lines.length, lines.block)
        else:
            place = lines.place
            for line in lines.block.split(b"\n"):
                text = line.rstrip(b"\r")
                if text.strip():
                    framing.take(place, text)
                place += len(line) + 1
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
