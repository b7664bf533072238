import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.outputs._cells import cell


def spelt(text):
    with duckdb.connect() as con:
        return con.execute(f"select {cell('t')} from (select ?::varchar as t)", [text]).fetchall()[0][0]


def test_cell_spellings():
    """A formula gets an apostrophe, what prints nothing becomes U+FFFD, null stays null, the rest stays itself."""
    given_to_expected = {
        "=1+1": "'=1+1",
        "+1": "'+1",
        "-1": "'-1",
        "@SUM(A1)": "'@SUM(A1)",
        "＝1": "'＝1",
        "\t=1": "�=1",
        "a\x1b[2Jb": "a�[2Jb",
        "a\u202eb": "a�b",
        "a=1": "a=1",
        "Grüße, 日本": "Grüße, 日本",
        None: None,
    }
    assert {text: spelt(text) for text in given_to_expected} == given_to_expected


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_no_cell_starts_a_formula(text):
    """Whatever the text, no cell begins as a formula or holds a control character."""
    found = spelt(text)
    assert not found.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in found)
