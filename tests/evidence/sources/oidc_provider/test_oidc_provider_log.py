"""The documented hook is the tested one, and what it wrote on a real provider reads as it should."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "oidc-provider-log.md"


def test_the_page_shows_the_hook_that_was_run() -> None:
    """The code on the how-to page is byte for byte the hook beside this test."""
    code = re.search(r"`counterseal-log.mjs`:\n\n```js\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert code
    assert code[1] == (HERE / "hook.mjs").read_text("utf-8")


def test_the_lines_on_the_page_are_read(ingest_text: Callable[..., Any], tmp_path: Path) -> None:
    """The page's own example lines are a minting, a revocation and a reuse of one grant."""
    lines = re.search(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert lines
    _, found = ingest_text(tmp_path, lines[1].encode())
    assert [(row["outcome"], row["family"]) for row in found["issuance"]] == [
        (outcome, "SQ4SFCcQQFmPRt9F7W7VSOjopDPlAJr_OH7FHCXhh13")
        for outcome in ("success", "revoked", "reuse")
    ]


def test_a_reused_refresh_token_is_named_by_its_own_fingerprint(
    ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """The reuse names the same token id as the minting of that refresh token and the child that came from it."""
    _, found = ingest_text(tmp_path, (HERE / "jwt.ndjson").read_bytes())
    issuances = found["issuance"]
    (reuse,) = [row for row in issuances if row["outcome"] == "reuse"]
    same = [row["outcome"] for row in issuances if row.get("token_id") == reuse["token_id"]]
    assert same == ["success", "revoked", "reuse"]
    children = [row["grant"] for row in issuances if row.get("parent_id") == reuse["token_id"]]
    assert children == ["refresh_token", "refresh_token"]


def test_no_opaque_token_stands_in_the_log() -> None:
    """Where a token is its own id, the log holds `sha256:` and 43 characters, never the token."""
    for name in ("jwt.ndjson", "opaque.ndjson"):
        for line in (HERE / name).read_text("utf-8").splitlines():
            record = json.loads(line)
            secret = name == "opaque.ndjson" or record["event"].startswith("refresh_token.")
            for value in filter(None, [record.get("jti") if secret else None, record.get("parent")]):
                assert re.fullmatch(r"sha256:[\w-]{43}", value)
