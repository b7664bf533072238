"""Fuzz every reader: `python fuzz/readers.py --runs 100000 [--reader NAME] [atheris options]`.

The first byte of an input chooses how much is read at a time, the rest is the file. Besides not raising, what must hold
is that frames are numbered without a gap, stand in order, do not overlap, lie inside the file, and that reading in
other steps gives the same. Without atheris it says so and ends well.
"""

import argparse
import sys
from io import BytesIO

from counterseal.evidence.files import open_stream
from counterseal.evidence.packing import Reader, known_readers, sniff_reader

STEPS = (1, 3, 16, 1000)


def frames(content: bytes, reader: Reader | None, batch_bytes: int) -> tuple[list[tuple[object, ...]], int]:
    """Every frame of a file, and how many bytes it has unpacked; the reader is sniffed if none is given."""
    size = len(unpacked(content))
    opened = open_stream(BytesIO(content), len(content))
    reader = reader or sniff_reader(opened.head)
    opened.stream.batch_bytes = batch_bytes
    found: list[tuple[object, ...]] = []
    for batch in reader.frames(opened.stream) if reader else ():
        found += [tuple(row.values()) for row in batch.to_pylist()]
    assert opened.stream.framed == len(found)
    return found, size


def unpacked(content: bytes) -> bytes:
    """The bytes that places count."""
    opened = open_stream(BytesIO(content), len(content))
    parts = [bytes(opened.stream.begin)]
    while chunk := opened.stream.read():
        parts.append(chunk)
    return b"".join(parts)


def check(data: bytes, reader: Reader | None = None) -> None:
    """One input through one reader, or through the one that recognises it."""
    step, content = STEPS[data[0] % len(STEPS)] if data else 1, data[1:]
    found, size = frames(content, reader, step)
    end = 0
    for number, (record, place, length, text, _, raw, problem) in enumerate(found):
        assert record == number
        assert isinstance(place, int)
        assert isinstance(length, int)
        assert end <= place < place + length <= size
        assert (text is None) == (problem is not None)
        assert text is not None or raw is not None
        end = place + length
    assert found == frames(content, reader, 1 << 20)[0]


def main() -> None:
    """Fuzz one reader, or all of them and the sniffing, with atheris."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20_000, help="inputs to try")
    parser.add_argument(
        "--reader", choices=[reader.name for reader in known_readers()], help="default: all of them"
    )
    known, rest = parser.parse_known_args()
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: nothing was fuzzed")
        return
    chosen = [reader for reader in known_readers() if known.reader in (None, reader.name)]

    def one_input(data: bytes) -> None:
        for reader in chosen:
            check(data, reader)
        if known.reader is None:
            check(data)

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-runs={known.runs}", "-max_len=4096", *rest], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
