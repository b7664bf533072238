import base64
import hashlib
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from finished_case import HOSTILE, STORM, SUMMARY, use, write_case

from counterseal.core.case import Case
from counterseal.outputs import open_view
from counterseal.outputs.html import write
from counterseal.outputs.html.page import LONGEST_CELL, inert

HERE = Path(__file__).parent


def page_of(case: Case) -> str:
    with open_view(case) as view:
        write(view)
    return case.report.read_text("utf-8")


class Seen(HTMLParser):
    """Tags, attributes and text of a page, and whether every element is closed in order."""

    VOID = frozenset({"meta", "br", "!doctype"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


@pytest.mark.parametrize("name", ["storm", "innocent"])
def test_whole_page(name: str, request: pytest.FixtureRequest):
    """The whole page is the one that was reviewed (COUNTERSEAL_REWRITE_EXPECTED=1 writes it anew)."""
    page = page_of(request.getfixturevalue(f"{name}_case"))
    golden = HERE / "golden" / f"{name}.html"
    if os.environ.get("COUNTERSEAL_REWRITE_EXPECTED"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(page, "utf-8")
    assert golden.read_text("utf-8") == page


def test_page_is_self_contained(storm_case: Case):
    """The page loads nothing, runs nothing, and allows itself exactly its own style sheet."""
    page = page_of(storm_case)
    seen = Seen(page)
    assert not seen.open
    assert not seen.tags & {"script", "img", "link", "iframe", "object", "form", "svg", "base"}
    assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}
    assert {link for link in seen.links if not link.startswith("#")} == set()
    assert {link.removeprefix("#") for link in seen.links} <= set(seen.ids)
    assert len(seen.ids) == len(set(seen.ids))
    sheet = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(sheet[1].encode()).digest()).decode()
    assert (
        f"content=\"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\""
        in page
    )
    assert "url(" not in sheet[1]
    assert "@import" not in sheet[1]


def test_attackers_text_is_inert(storm_case: Case):
    """Markup, escapes and direction overrides out of evidence are shown, not obeyed; raw text is never quoted."""
    page = page_of(storm_case)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page.lower()
    assert r"\x1b[31mred" in page
    assert r"invoice\u202efdp.exe" in page
    assert not [c for c in page if not c.isprintable() and c != "\n"]
    assert "SECRET-RAW" not in page


def test_page_says_no_more_than_the_records(storm_case: Case, innocent_case: Case):
    """No message is said to be read, nothing 'may have' happened, an unknown bound is no 0, no country is named."""
    for case in (storm_case, innocent_case):
        words = Seen(page_of(case)).words
        assert not re.search(
            r"may have|might have|was read|were read|messages? read|mails? read|breached|china|russia|state-sponsored",
            words,
            re.IGNORECASE,
        )
        assert "no upper bound known" in words or "no bound known" in words


def test_innocent_page_promises_nothing(innocent_case: Case):
    """A case without accusation says that this is no promise, and what is not known stands on the first screen."""
    first = Seen(page_of(innocent_case)).words.split("Mailboxes Messages Actors")[0]
    assert first.strip().endswith(
        "Who No accepted use in these records is judged forged, stolen or unissued. That is no promise beyond what the "
        "records cover. Mailboxes named: 0 suspected (suspicious uses only), 1 undetermined (the records cannot "
        "decide), 1 cleared (every whole day of what was judged covered, and everything issued). "
        "Judged: all uses on record, 2026-05-15 to 2026-05-17. "
        "What No message is attributed to an actor. Where nothing was recorded, nothing can be. "
        "When No accepted use is judged forged, stolen or unissued, so there is no first and no last. "
        "How sure These logs can prove “unissued” at most: sign-in streams, and no key ids. No use was accused. "
        "0 forged 0 stolen 0 unissued 0 suspicious 1 unknown 4 issued "
        "What is not known, and why mailbox access was not exported for these mailboxes (not-exported, 1 mailbox, "
        "3 days) the record names no token and no session (no-identifier, 1 mailbox, 1 use, 1 day)"
    )


def test_long_sections_say_what_they_leave_out(tmp_path: Path):
    """A section that is cut says how many rows there are and where; the worst verdicts come first."""
    uses = [
        use(1, use_id=f"u{n:04}", evidence_record=n, verdict="suspicious", reasons=["indicator"], says=["x"])
        for n in range(501)
    ]
    uses.append(use(9, use_id="late", token_id="the-forged-one", verdict="forged", reasons=["r"], says=["x"]))
    page = page_of(write_case(tmp_path / "case", STORM | {"verdicts": uses}, SUMMARY))
    words = Seen(page).words
    assert "2 more of 502 rows are in verdicts.parquet" in words
    assert words.index("the-forged-one") < words.index("indicator : x")


def test_megabytes_of_one_value_do_not_swell_the_page(tmp_path: Path):
    """A value of a million characters is clipped, and says by how much."""
    uses = [use(1, token_id="A" * 1_000_000, verdict="forged", reasons=["r"], says=["B" * 1_000_000])]
    page = page_of(write_case(tmp_path / "case", STORM | {"verdicts": uses}, SUMMARY))
    assert len(page) < 60_000
    assert f"{'A' * LONGEST_CELL}… (999,600 more characters)" in page


def test_sums_that_do_not_add_up_are_said_so(tmp_path: Path):
    """A file whose records are not all accounted for is marked."""
    from finished_case import MANIFEST

    first, *rest = MANIFEST["evidence"]
    manifest = MANIFEST | {"evidence": [first | {"kept": 5}, *rest]}
    words = Seen(page_of(write_case(tmp_path / "case", STORM, SUMMARY, manifest))).words
    assert words.count("does not add up") == 1


def test_inert_leaves_our_own_markup_alone():
    """Only what the templates wrote is markup; null is a dash."""
    from markupsafe import Markup

    assert [inert(value) for value in (Markup("<b>"), HOSTILE, None, 7, "a\nb")] == [
        Markup("<b>"),
        HOSTILE,
        "–",
        "7",
        r"a\nb",
    ]
