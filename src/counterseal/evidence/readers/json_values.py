"""JSON values one after another: arrays, objects, pretty-printed or not, and pages of an API, in any mix.

Each element of an array, each object and each entry of a page is a record. The text is decoded as Latin-1, so that
positions are byte offsets, and values are found with `raw_decode` over a window: memory stays bounded.
"""

import json
import re
from collections.abc import Iterator

import pyarrow as pa

from counterseal.evidence.packing import MAX_RECORD_BYTES, RAW_KEPT, Framing, Reader, Stream
from counterseal.evidence.readers import ndjson

PAGES = ("value", "records", "results", "Results", "items")
"""Members that hold a page's records: Microsoft Graph, Azure diagnostics, Splunk, hunting queries, Google,
authentik."""

PAGE_MEMBERS = (
    *(
        "kind",
        "etag",
        "nextLink",
        "nextPageToken",
        "preview",
        "init_offset",
        "fields",
        "messages",
        "pagination",
    ),
    *("schema", "Schema", "stats", "Stats", "count", "totalRecords"),
)
"""What may stand before them, beside "@odata.…". A record that has a list of items of its own is no page."""

BOM = "\xef\xbb\xbf"
BETWEEN = re.compile(r"(?:[\s,\0]|\xef\xbb\xbf)*")
"""Between values: blanks, commas, NULs and byte-order marks of files put one after the other."""

STARTS_JSON = re.compile(r"(?:[\s,\0]|\xef\xbb\xbf)*(?:\{\s*[\"}]|\[\s*(?:[\[{\]]|\"|true|null))")
PAGE = re.compile(r'"(?:' + "|".join(PAGES) + r')"\s*:\s*\[')
PAGE_HEAD = 4096
"""Characters in which a page names its records, else it is no page."""

MEMBER = re.compile(r'[\s,]*"((?:[^"\\]++|\\.)*+)"\s*:\s*')
PAGE_OPENS = re.compile(r"\[\s*(?=[{\]])")
TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]"]', re.DOTALL)
DEEPER = {"{": 1, "[": 1, "}": -1, "]": -1}
AFTER_RECORD = re.compile(r"\s*(?:\Z|\]|,?\s*[\[{])")
AFTER_SCALAR = re.compile(r"\s*(?:\Z|\]|,?\s*[\[{]|,\s*[-\d\"tfn])")
OBJECT = re.compile(r'\{\s*"')
NUMBER_CUT = re.compile(r"(?:\.|[eE][-+]?)?\Z")
"""After a number's digits, what the window's end may have cut: `2` of `2.2`, `2.` and `2e-` too decode as 2."""

LONGEST_START = 512
"""Characters that are searched again when the window moves on, since the start of a record may lie across its end."""

SHAPES = 64
"""Sets of member names that are remembered."""

DEEP = 500
"""Brackets that are passed over at once where values are nested more deeply than Python decodes."""

# Numbers are read as floats: Python refuses integers of more than 4,300 digits. What a value holds is not ours to say.
DECODER = json.JSONDecoder(parse_int=float, strict=False)


def sniff(head: bytes) -> bool:
    """It starts like JSON and is not one object a line, or each line is a page."""
    text = head.decode("latin-1")
    if not STARTS_JSON.match(text):
        return False
    start = text.find("{")
    return (
        start >= 0 and not text[:start].strip() and page_start(text, start) is not None
    ) or not ndjson.sniff(head)


def page_start(text: str, start: int) -> int | None:
    """Where the first record of a page stands, if the object at `start` is one; null if it is not."""
    if not PAGE.search(text, start, start + PAGE_HEAD):
        return None
    place = start + 1
    while member := MEMBER.match(text, place):
        place = member.end()
        if member[1] in PAGES and (opened := PAGE_OPENS.match(text, place)):
            return opened.end()
        if member[1] not in PAGE_MEMBERS and not member[1].startswith("@odata."):
            return None
        try:
            place = DECODER.raw_decode(text, place)[1]
        except (ValueError, RecursionError):
            return None
    return None


def frames(stream: Stream) -> Iterator[pa.RecordBatch]:
    """Frame value after value."""
    values = Values(stream)
    while values.step():
        if values.framing.full:
            yield from values.framing.batch()
    yield from values.framing.batch()


class BrokenError(Exception):
    """There is no whole value here.

    Args:
        says: why.
    """


class Values:
    """A window over the file and a place in it.

    Args:
        stream: the file.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.framing = Framing(stream)
        self.window = ""
        self.begin = stream.begin  # offset in the file of the window's first byte
        self.place = 0  # in the window, of what comes next
        self.ended = False
        self.inside: list[str] = []  # closing brackets awaited: of an array; of a page and its list
        self.shapes: set[frozenset[str]] = set()  # the members of records so far
        self.in_row = 0  # records since the last damage
        self.trusted_after = 0

    def more(self) -> bool:
        """Lengthen the window, dropping what lies behind; false at the end of the file."""
        wanted = max(self.stream.batch_bytes, len(self.window) - self.place)
        parts = [self.window[self.place :]]
        while wanted > 0 and not self.ended:
            chunk = self.stream.read()
            self.ended = not chunk
            parts.append(chunk.decode("latin-1"))
            wanted -= len(chunk)
        self.begin += self.place
        self.window, self.place = "".join(parts), 0
        return len(parts) > 2 or not self.ended

    def look_ahead(self, wanted: int) -> None:
        """Have so many characters in the window from the place on, if the file has them."""
        while len(self.window) - self.place < wanted and not self.ended:
            self.more()

    def step(self) -> bool:
        """Go over one bracket, value or piece of wreckage; false at the end."""
        while between := BETWEEN.match(self.window, self.place):
            self.place = between.end()
            left = self.window[self.place : self.place + len(BOM)]
            if self.ended or not left or not BOM.startswith(left):
                break
            self.look_ahead(len(BOM))  # a mark that the window's end cuts
        if self.place >= len(self.window):
            if self.more():
                return True
            if self.inside:
                self.stream.notice("truncated", "the file ends inside a list of records")
            return False
        if not self.bracket():
            self.record()
        return True

    def bracket(self) -> bool:
        """Enter or leave an array or a page; false where a record begins."""
        char = self.window[self.place]
        if char in "]}":
            if self.inside and char == self.inside[-1]:
                self.inside.pop()
            self.place += 1
        elif not self.inside and char == "[":
            self.inside.append("]")
            self.place += 1
        elif self.inside == ["}"]:
            self.skip_member()
        elif not self.inside and char == "{":
            self.look_ahead(PAGE_HEAD)
            first = page_start(self.window, self.place)
            if first is None:
                return False
            self.inside, self.place = ["}", "]"], first
        else:
            return False
        return True

    def skip_member(self) -> None:
        """Go over a member of a page after its records: a link to the next page, a count."""
        self.look_ahead(PAGE_HEAD)
        member = MEMBER.match(self.window, self.place)
        if member is None:
            self.inside.clear()
            return
        self.place = member.end()
        try:
            self.place += self.decoded()[1]
        except BrokenError:
            self.inside.clear()

    def record(self) -> None:
        """Frame the value at the place, or reject it."""
        try:
            value, length = self.decoded()
            if not isinstance(value, dict | list) and not self.comes_before(AFTER_SCALAR, length):
                raise BrokenError(f"not JSON at byte {self.begin + self.place}")
        except BrokenError as broken:
            self.reject(str(broken))
            return
        end = self.place + length
        raw = self.window[self.place : end].encode("latin-1")
        if len(raw) > MAX_RECORD_BYTES:
            self.framing.overlong(self.begin + self.place, len(raw), raw[:RAW_KEPT])
        else:
            self.framing.take(self.begin + self.place, raw)
        self.place = end
        self.in_row += 1
        # After damage, what looks like a record may still be a part of one.
        if isinstance(value, dict) and len(self.shapes) < SHAPES and self.in_row >= self.trusted_after:
            self.shapes.add(frozenset(value))

    def decoded(self) -> tuple[object, int]:
        """The value at the place and its length. Reads on while more bytes could make it whole.

        Raises:
            BrokenError: they could not.
        """
        while True:
            try:
                value, end = DECODER.raw_decode(self.window, self.place)
            except json.JSONDecodeError as error:
                says, fault = f"not JSON at byte {self.begin + error.pos}", error.pos
                if error.msg.startswith("Unterminated string"):
                    fault = len(self.window)
            except RecursionError:
                raise BrokenError("nested too deeply") from None
            else:
                whole = not isinstance(value, float) or not NUMBER_CUT.match(self.window, end)
                if whole or self.ended:
                    return value, end - self.place
                says, fault = "", end
            # A fault far from the window's end is no lack of bytes.
            if self.ended or len(self.window) - fault > MAX_RECORD_BYTES // 16:
                raise BrokenError(says)
            if len(self.window) - self.place > MAX_RECORD_BYTES:
                raise BrokenError(f"longer than {MAX_RECORD_BYTES} bytes")
            self.more()

    def reject(self, says: str) -> None:
        """Reject what stands here: up to where its brackets close, or to the next record if that comes first."""
        self.in_row, self.trusted_after = 0, 4
        self.look_ahead(RAW_KEPT)
        start, kept = self.begin + self.place, self.window[self.place : self.place + RAW_KEPT]
        limit = self.balanced_end()
        self.place += 1
        self.seek(limit)
        length = self.begin + self.place - start
        if self.place >= len(self.window) and self.ended and limit is None:
            self.stream.notice("truncated", "the file ends inside a record")
        if length <= len(kept):
            kept = kept[:length].rstrip(" \t\r\n,")
            length = len(kept)
        self.framing.reject(start, length, kept.encode("latin-1").decode("utf-8", "replace"), says)

    def balanced_end(self) -> int | None:
        """Where the brackets opened at the place are closed, as an offset in the file; null if they never are."""
        if self.window[self.place] not in "{[":
            return None
        depth, place = 0, self.place
        while True:
            for token in TOKEN.finditer(self.window, place):
                if token[0] == '"':  # a string that the window's end cuts
                    place = token.start()
                    break
                place = token.end()
                depth += DEEPER.get(token[0], 0)
                if depth <= 0:
                    return self.begin + place
            if self.ended or len(self.window) - self.place > MAX_RECORD_BYTES:
                return None
            place -= self.place
            self.more()

    def seek(self, limit: int | None) -> None:
        """Go to the next whole record before `limit` (an offset), else to the limit, else to the end of the file."""
        while limit is None or self.begin + self.place < limit:
            stop = len(self.window) if limit is None else limit - self.begin
            found = OBJECT.search(self.window, self.place, stop)
            if found is None:
                if limit is not None or self.ended:
                    self.place = stop
                    return
                self.place = max(self.place, len(self.window) - LONGEST_START)
                self.more()
                continue
            self.place = found.start()
            try:
                value, length = self.decoded()
                if self.resembles(value) and (self.shapes or self.comes_before(AFTER_RECORD, length)):
                    return
                self.place += 1
            except BrokenError as broken:
                self.place = self.deeper() if str(broken) == "nested too deeply" else self.place + 1

    def comes_before(self, after: re.Pattern[str], length: int) -> bool:
        """Is what comes after the value at the place what comes after an element of a list?"""
        self.look_ahead(length + LONGEST_START)
        return after.match(self.window, self.place + length) is not None

    def resembles(self, value: object) -> bool:
        """Is this a record rather than a part of one: like one of those before, or larger than any of them?"""
        if not isinstance(value, dict):
            return False
        members = value.keys()
        return all(len(members) > len(shape) for shape in self.shapes) or any(
            len(members & shape) * 2 >= len(members | shape) for shape in self.shapes
        )

    def deeper(self) -> int:
        """A place some hundred brackets further in: trying each of them would take for ever."""
        depth = 0
        place = self.place
        for token in TOKEN.finditer(self.window, place):
            place = token.end()
            depth += DEEPER.get(token[0], 0)
            if depth <= 0 or depth >= DEEP:
                break
        return max(place, self.place + 1)


READER = Reader(
    name="json_values",
    says="JSON arrays, objects or pages of an API, one after another, pretty-printed or not.",
    order=30,
    sniff=sniff,
    frames=frames,
)
