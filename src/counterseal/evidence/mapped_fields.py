"""Fields of records that a map names: where they lie in JSON, in a CSV row, or in a line."""

from collections.abc import Callable, Sequence
from typing import NoReturn

from counterseal.core.engine.duckdb import literal

FieldFailed = Callable[[str, str, Sequence[str] | None], NoReturn]

MAX_DEPTH = 20


class Fields:
    """The fields that one map names; gathers what the records' structure has to declare.

    `a.b` is the field b of the field a; `/a.b/c` the field c of the field "a.b" (RFC 6901), `/list/0` the first of a
    list. `@a` is a column that stands round the record in a CSV.

    Args:
        groups: names of the groups of a line pattern, in order; null for JSON and CSV.
        failed: raises for a field that cannot be.
    """

    def __init__(self, groups: list[str] | None, failed: FieldFailed) -> None:
        self.groups = groups
        self._failed = failed
        self._tops: dict[str, str] = {}

    def said(self, path: str, where: str) -> str:
        """SQL: the field's text, null where it says nothing."""
        if self.groups is not None and path not in self.groups:
            self._failed(path, where, [name for name in self.groups if not name.startswith(" ")])
        if path.startswith("@") and len(path) > 1:
            return f"said(json_extract_string(around, {literal(pointer([path[1:]]))}))"
        parts = [path] if self.groups is not None else parts_of(path)
        if not parts or not all(parts) or len(parts) > MAX_DEPTH or "\0" in path:
            self._failed(path, where, None)
        top = parts[0]
        # The engine's structures do not tell `User` from `user`.
        if self._tops.setdefault(top.lower(), top) != top:
            self._failed(path, where, [self._tops[top.lower()]])
        inside = pointer(parts[1:]) if len(parts) > 1 else "$"
        return f"said(json_extract_string(struct_extract(r, {literal(top)}), {literal(inside)}))"

    def first(self, texts: Sequence[str]) -> str:
        """SQL: the first that says something."""
        return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"

    def structure(self, where: str) -> dict[str, str]:
        """What of a record is taken: the topmost fields, whatever they hold."""
        if not self._tops:
            self._failed("", where, None)
        return dict.fromkeys(self._tops.values(), "JSON")

    def identity(self, paths: Sequence[str]) -> str:
        """SQL: the record's own id, or all of its text where it has none."""
        said = [self.said(path, "record.id") for path in paths]
        own = " || '|' || ".join(said)
        return f"coalesce({own}, text)" if said else "text"

    def envelope(self, line: str) -> str:
        """SQL over a line: its groups as a JSON object, null where the line does not match."""
        names = ", ".join(literal(name) for name in self.groups or [])
        pattern = literal(line)
        return (
            f"case when regexp_matches(text, {pattern})"
            f" then cast(to_json(regexp_extract(text, {pattern}, [{names}])) as varchar) end"
        )


def parts_of(path: str) -> list[str]:
    """The names on the way to a field."""
    if path.startswith("/"):
        return [part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")]
    return path.split(".")


def pointer(parts: Sequence[str]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
