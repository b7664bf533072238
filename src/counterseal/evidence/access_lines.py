"""Lines of HTTP access logs: the combined format of nginx and Apache, Envoy's default format, named fields after them."""

import re
from collections.abc import Iterator, Mapping

from counterseal.evidence.log_stamps import MONTHS

FIELDS = ("host", "sub", "jti", "kid", "iss", "aud", "iat", "sid", "digest", "client_id", "ip", "rid")
"""Names read where they stand as `name=value` or `name="value"` after the format's own fields."""

MAX_LINE = 64 << 10
"""Characters of a line that are looked at: gateways refuse requests of half that length (nginx: 32 KiB of headers)."""

QUOTED = r'"((?:[^"\\]|\\.)*)"'

# Quotation marks in what a client sends are escaped by nginx (\x22) and Apache (\"): a quoted field cannot be ended
# from outside. A user name may hold blanks and brackets, but no quotation mark.
COMBINED = re.compile(
    r'(?P<ip>\S{1,255}) \S{1,255} [^"]{0,1024}? '
    r"\[(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):(?P<clock>\d\d:\d\d:\d\d) (?P<zone>[+-]\d{4})\] "
    rf"{QUOTED} (?P<status>\d{{3}}) (?:\d+|-)"
)
REFERER_AND_AGENT = re.compile(rf" {QUOTED} {QUOTED}")
MORE = re.compile(rf' (?:(?P<name>\w+)=)?(?:{QUOTED}|(?P<bare>[^\s"]*))')

# Envoy escapes nothing in its text format: a client can put quotation marks into a header. What follows the headers
# is therefore found from the end of the line, and only a token's own text can break that.
ENVOY_BEGINS = re.compile(r'\[(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)\] "')
ENVOY_HEAD = re.compile(
    ENVOY_BEGINS.pattern
    + r'(?P<method>\S{1,32}) (?P<uri>\S*) [^\s"]{1,32}" (?P<status>\d{1,3}) [\w,-]+(?: (?:\d+|-)){4} "'
)
ENVOY_MORE = re.compile(r'(?: \w+=(?:"[^"]*"|[^\s"]*))*')

REQUEST = re.compile(r"([A-Za-z-]{1,32}) (\S+)(?: HTTP/\S+)?")
ESCAPED = re.compile(rb'\\(?:x([2-9A-Fa-f][0-9A-Fa-f])|(["\\]))')

Read = dict[str, str]


def read_line(line: str) -> Read | None:
    """What an access line says, by our names; null if it is none, `broken` where it is one but does not fit together."""
    if len(line) > MAX_LINE:
        return None
    if begins := ENVOY_BEGINS.match(line):
        return envoy(line, begins["time"])
    found = COMBINED.match(line)
    return combined(line, found) if found else None


def combined(line: str, found: re.Match[str]) -> Read:
    """A line in nginx's and Apache's combined or common format.

    Source: nginx ngx_http_log_module, "log_format", "escape"; Apache mod_log_config, "Custom Log Formats".
    """
    month = MONTHS.index(found["month"]) + 1 if found["month"] in MONTHS else 0
    said = {
        "time": f"{found['year']}-{month:02}-{found['day']}T{found['clock']}{found['zone']}",
        "status": found["status"],
        "ip": found["ip"],
    }
    if request := REQUEST.fullmatch(decoded(found[7])):
        said |= {"method": request[1], "uri": request[2]}
    end = found.end()
    if agent := REFERER_AND_AGENT.match(line, end):
        said["user_agent"] = decoded(agent[2])
        end = agent.end()
    return with_named(said, named_of(line, end))


def envoy(line: str, time: str) -> Read:
    """A line in Envoy's default format, with or without fields of ours after it.

    The client's address is none of that format's fields: X-Forwarded-For is what the client says.
    Source: Envoy documentation, "Access logging", "Default Format String".
    """
    head = ENVOY_HEAD.match(line)
    ends = line.rstrip().rsplit('" "', 3)
    if not head or len(ends) < 4 or len(ends[0]) < head.end():
        return {"time": time, "broken": "the quotation marks do not fit together"}
    _forwarded, separator, agent = ends[0][head.end() :].partition('" "')
    _upstream, closing, more = ends[3].partition('"')
    if not separator or not closing or '"' in ends[1] + ends[2] or not ENVOY_MORE.fullmatch(more):
        return {"time": time, "broken": "the quotation marks do not fit together"}
    said = {"user_agent": agent, "rid": ends[1], "host": ends[2]}
    said |= {name: head[name] for name in ("time", "method", "uri", "status")}
    return with_named(said, named_of(more, 0))


def with_named(said: Read, named: Iterator[tuple[str, str] | None]) -> Read:
    """Add the named fields. A name that stands twice, or text that is no field, makes the line worthless."""
    own: Mapping[str, str] = dict(said)
    seen: set[str] = set()
    for field in named:
        if field is None:
            return {**own, "broken": "the quotation marks do not fit together"}
        name, value = field
        if name in seen:
            return {**own, "broken": "a field stands twice"}
        if name in FIELDS:
            seen.add(name)
            said[name] = value
    return said


def named_of(line: str, begin: int) -> Iterator[tuple[str, str] | None]:
    """Every `name=value` from there on; fields without a name are passed over; null where the text is no field."""
    line = line.rstrip()
    while begin < len(line):
        found = MORE.match(line, begin)
        if not found or found.end() == begin:
            yield None
            return
        if found["name"]:
            yield found["name"], decoded(found[2]) if found[2] is not None else found["bare"]
        begin = found.end()


def decoded(text: str) -> str:
    r"""The text with `\xXX`, `\"` and `\\` undone; control characters stay spelt out."""
    if "\\" not in text:
        return text
    return ESCAPED.sub(
        lambda found: bytes.fromhex(found[1].decode()) if found[1] else found[2], text.encode()
    ).decode("utf-8", "replace")
