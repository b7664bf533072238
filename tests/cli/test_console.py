import io

from running import Terminal

from counterseal.cli._console import BOLD, PLAIN, Console


def test_bold_only_where_it_is_wanted():
    """Bold type goes to a terminal alone, and neither under NO_COLOR nor on a dumb one."""

    def heading(stream, **environment):
        Console(stream, io.StringIO(), environment).heading("x\x1b")
        return stream.getvalue()

    bold, plain = f"{BOLD}x\\x1b{PLAIN}\n", "x\\x1b\n"
    assert [
        heading(Terminal()),
        heading(Terminal(), NO_COLOR="1"),
        heading(Terminal(), TERM="dumb"),
        heading(io.StringIO()),
    ] == [bold, plain, plain, plain]


def test_table():
    """Columns align, whole numbers stand right, null is a dash, control characters are spelt out."""
    out = io.StringIO()
    Console(out, io.StringIO(), {}).table(("name", "n", "x"), [("a\x1b[1m", 5, None), ("b\nc", 1000, "y")])
    assert out.getvalue() == "name         n  x\na\\x1b[1m     5  -\nb\\nc      1000  y\n"


def test_table_without_rows():
    """A table of nothing is its headings."""
    out = io.StringIO()
    Console(out, io.StringIO(), {}).table(("a", "b"), [])
    assert out.getvalue() == "a  b\n"
