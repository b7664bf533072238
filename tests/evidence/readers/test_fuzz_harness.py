"""The fuzz harness's own body, on a few hundred inputs: what it checks holds, and it can fail."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from framed import HERE
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.evidence.packing import Reader, Stream, known_readers

HARNESS = runpy.run_path(str(Path(__file__).parents[3] / "fuzz" / "readers.py"), run_name="harness")
SEEDS = [path.read_bytes() for path in HERE.glob("*/*") if ".expected" not in path.name and path.is_file()]

PIECES = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b",",
        b"\n",
        b"\r\n",
        b"\xff",
        b'{"a":1}',
        b"a,b,c,d\n",
        b"\0",
        b"\xef\xbb\xbf",
    ]
)
INPUTS = st.binary(max_size=64) | st.lists(PIECES, max_size=40).map(b"".join) | st.sampled_from(SEEDS)


@pytest.mark.parametrize("reader", known_readers(), ids=lambda reader: reader.name)
@given(step=st.binary(min_size=1, max_size=1), parts=st.lists(INPUTS, max_size=3))
@settings(max_examples=80, deadline=None)
def test_body(reader: Reader, step: bytes, parts: list[bytes]) -> None:
    """Every reader, on bytes, on pieces of its syntax, and on fixtures in each other's company."""
    HARNESS["check"](step + b"".join(parts), reader)


@given(step=st.binary(min_size=1, max_size=1), parts=st.lists(INPUTS, max_size=3))
@settings(max_examples=80, deadline=None)
def test_sniffed(step: bytes, parts: list[bytes]) -> None:
    """The same with whatever reader recognises the bytes."""
    HARNESS["check"](step + b"".join(parts), None)


@pytest.mark.parametrize("number", [b"2.2", b"-0.5", b"2e7", b"2E-7", b"2.5e+10", b"2.", b"2e", b"-"])
@pytest.mark.parametrize("reader", known_readers(), ids=lambda reader: reader.name)
def test_numbers_cut_by_a_read(reader: Reader, number: bytes) -> None:
    """A bare number, whole or broken, is the same record when every byte is read alone (found by fuzzing)."""
    HARNESS["check"](b"\x00" + b"\x00" + number, reader)


def test_harness_can_fail() -> None:
    """A reader that frames what is not there is caught."""

    def lying(stream: Stream) -> Any:
        stream.read()
        yield stream.frame(place=[0], length=[99], text=["x"])

    with pytest.raises(AssertionError):
        HARNESS["check"](b"\x00x", Reader("lying", "Lies.", 1, lambda head: True, lying))
