"""Columns that a map fills: which there are, which words they know, and how a field's text becomes their type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from counterseal.core.engine.duckdb import literal
from counterseal.core.events import MESSAGE, TABLES
from counterseal.core.vocabulary import Kind

MESSAGE_COLUMNS = {
    "message_id": "VARCHAR",
    "item_id": "VARCHAR",
    "folder": "VARCHAR",
    "message_bytes": "BIGINT",
}
"""The one message that a record of a mapped log may name; together they are the column `messages`."""

OUR_OWN = ("source", "stream", "messages", "lossy")
"""Columns that no field of a log fills."""

OPEN: Mapping[Kind, tuple[str, ...]] = dict.fromkeys(Kind, ())
TYPES = dict.fromkeys(Kind, ("user", "guest", "app", "managed"))

CLOSED: Mapping[str, Mapping[Kind, tuple[str, ...]]] = {
    "outcome": {
        **OPEN,
        Kind.USE: ("accepted", "refused"),
        Kind.ISSUANCE: ("success", "interrupted", "failure", "revoked", "reuse"),
    },
    "principal_type": TYPES,
    "access": {**OPEN, Kind.USE: ("bind", "sync", "other")},
    "logon_type": {**OPEN, Kind.USE: ("owner", "admin", "delegate", "other")},
}
"""Columns of few words (core.events), by kind: any other word would be taken for none of them."""

PARTS = {
    "domain": "list_transform([{}], lambda x: case when contains(x, '@') then lower(split_part(x, '@', -1)) end)[1]",
    "path": "split_part({}, '?', 1)",
}
"""Part of a text -> SQL: an address's domain; an address of the web without its query, which may hold a token."""

LOWER = ("digest", "tenant", "principal_id")
"""Columns that are lower case in every table."""


@dataclass(frozen=True)
class Said:
    """What a map says of one column.

    Attributes:
        text: SQL of the field's text; empty for a constant.
        constant: the same value in every record.
        values: the field's text -> what the column then says.
        otherwise: what it says for any other text.
        formats: strptime formats of a time.
        minutes_east: zone of times without one.
    """

    text: str
    constant: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    formats: tuple[str, ...] = ()
    minutes_east: int = 0

    @property
    def words(self) -> Sequence[str]:
        """Every word that the map itself puts into the column."""
        return [word for word in (self.constant, *self.values.values(), self.otherwise) if word is not None]


@dataclass(frozen=True)
class Check:
    """SQL that holds for a record which cannot be used."""

    predicate: str


def writable(kind: Kind) -> dict[str, str]:
    """The columns of one kind that a map may fill, with their types."""
    own = {name: kind_of for name, kind_of in TABLES[kind].items() if name not in OUR_OWN}
    return {**own, **MESSAGE_COLUMNS} if kind is Kind.USE else own


def typed(name: str, wanted: str, said: Said) -> str:
    """SQL: the column's value."""
    text = literal(said.constant) if said.constant is not None else translated(said)
    if wanted == "TIMESTAMP":
        return instant(text, said)
    if wanted == "BIGINT":
        return f"whole({text})"
    if wanted == "BOOLEAN":
        return f"flag({text})"
    return f"lower({text})" if name in LOWER else text


def translated(said: Said) -> str:
    """SQL: the field's text, by the map's own table of values if there is one."""
    if not said.values and said.otherwise is None:
        return said.text
    tests = " ".join(f"when x = {literal(given)} then {literal(word)}" for given, word in said.values.items())
    rest = "null" if said.otherwise is None else literal(said.otherwise)
    return (
        f"list_transform([{said.text}], lambda x: case when x is null then null {tests} else {rest} end)[1]"
    )


def instant(text: str, said: Said) -> str:
    """SQL: an instant in UTC; without a format, every spelling that the engine's own sources know."""
    if not said.formats:
        return f"list_transform([{text}], lambda x: coalesce(utc(x), epoch_utc(x)))[1]"
    tries = [
        f"cast(try_strptime({text}, {literal(written)}) as timestamp)"
        + ("" if "%z" in written else f" - to_minutes({said.minutes_east})")
        for written in said.formats
    ]
    return f"coalesce({', '.join(tries)})"


def outside(expression: str, closed: Sequence[str]) -> str:
    """SQL: does the column say something that it does not know?"""
    return f"{expression} not in ({', '.join(map(literal, closed))})"


def message_columns(found: Mapping[str, str]) -> dict[str, str]:
    """The columns with the message's own put together."""
    columns = {name: said for name, said in found.items() if name not in MESSAGE_COLUMNS}
    given = {name: found.get(name, "null") for name in MESSAGE_COLUMNS}
    if any(name in found for name in MESSAGE_COLUMNS):
        some = f"coalesce({given['message_id']}, {given['item_id']}) is not null"
        columns["messages"] = (
            f"case when {some} then [cast({{'message_id': {given['message_id']}, 'item_id': {given['item_id']},"
            f" 'folder': {given['folder']}, 'bytes': {given['message_bytes']}}} as {MESSAGE})] end"
        )
    return columns
