"""questions.md: exactly what to ask the provider, and what each answer would change."""

from collections.abc import Sequence
from typing import Any

from counterseal.core.case import write_atomically
from counterseal.core.inert import clipped, visible
from counterseal.outputs._output import CaseView, Output
from counterseal.outputs._questions import ORDER, define_asked

LISTED = 50
"""Rows of one table on the page; the sheet holds every question."""

LONGEST = 120

HOW = """# Questions to the provider

TLP:AMBER+STRICT. The ids below are of tokens and sessions, not the tokens themselves: nobody can sign in with them.
Send no token and no mail with the answer.

## How to answer

Fill in `questions.csv`, which came with this page: one row a question. Leave the columns that are filled in as they are.

| column | what to write |
|---|---|
| `issued` | `yes`: your own record shows that you issued it. `no`: your records of that time are complete and do not show it. `unknown`: you cannot say |
| `answered_by` | who answers for it: a name that may stand in a report |
| `principal` (or `app_id`), `issued_at` | needed for a `yes`: for whom, and when, as your record has it. A forger can copy an id, so the id alone does not tell |
| `principal_id`, `principal_type`, `audience`, `expires`, `time`, `issuer`, `key_id`, `parent_id`, `digest`, `client_ip`, `user_agent` | what else your record has |
| `note` | anything more; it is kept and not judged |

Times with their zone, as `2026-05-01T08:00:00Z`. Newline-delimited JSON with the same names does as well. It is read with
`counterseal investigate EVIDENCE... --out CASE --answers questions.csv`.

| answer | what it changes |
|---|---|
| `yes` | the issuance is on record, and the use is compared with it field by field: `issued` where they agree |
| `no` | the use becomes `unissued`, by the issuer's word, with the name of who answered |
| `unknown` | the use stays undecided, and the report says that you were asked |
"""  # noqa: E501  (rows of a table cannot be broken)


def write(view: CaseView) -> None:
    """Write the page, tenant by tenant."""
    define_asked(view)
    parts = [HOW]
    tenants = [
        row.tenant
        for row in view.rows(
            f"""select distinct tenant from (select coalesce(tenant, '') as tenant from asked
                union all select coalesce(tenant, '') from ({MISSING}) union all select coalesce(tenant, '') from ({BLIND})
                union all select tenant from unaskable) order by 1"""
        )
    ]
    for tenant in tenants:
        parts.append(f"## Tenant {code(tenant) if tenant else 'not named in the logs'}\n")
        parts += [*about_ids(view, tenant), *about_logs(view, tenant), *about_mailboxes(view, tenant)]
    parts += about_keys(view)
    if len(parts) == 1:
        parts.append(
            "## Nothing to ask\n\nThis case has no use, log, mailbox or key that an answer could decide.\n"
        )
    write_atomically(view.case.root / OUTPUT.filename, "\n".join(parts).encode())


MISSING = "select * from coverage where kind = 'issuance' and state <> 'covered'"
BLIND = "select * from mailboxes where status = 'undetermined' and coalesce(blind_days, 0) > 0"


def about_ids(view: CaseView, tenant: str) -> list[str]:
    """Was it issued?"""
    grouped = view.rows(
        """select verdict, array_to_string(reasons, ' ') as reasons, count(*) filter (where kind = 'token') as tokens,
               count(*) filter (where kind = 'session') as sessions, sum(uses) as uses, min(first) as first, max(last) as last
           from asked where coalesce(tenant, '') = ? group by 1, 2 order by 1 desc, 2""",
        [tenant],
    )
    left_out = view.rows("select ids from unaskable where tenant = ?", [tenant])
    if not grouped and not left_out:
        return []
    parts = ["### Did you issue these tokens, and begin these sessions?\n"]
    if grouped:
        parts.append(
            table(
                (
                    "judged now",
                    "because of",
                    "tokens",
                    "sessions",
                    "uses",
                    "first presented",
                    "last presented",
                ),
                [(g.verdict, g.reasons, g.tokens, g.sessions, g.uses, g.first, g.last) for g in grouped],
            )
        )
        listed = view.bounded(
            f"select * from asked where coalesce(tenant, '') = '{tenant.replace(chr(39), chr(39) * 2)}'",
            ORDER,
            LISTED,
        )
        parts.append(
            table(
                ("question", "kind", "id", "uses", "mailboxes", "first presented", "last presented"),
                [(q.question, q.kind, q.id, q.uses, q.mailboxes, q.first, q.last) for q in listed.rows],
            )
        )
        if listed.more:
            parts.append(f"{listed.more:,} more questions are in `questions.csv`.\n")
    if left_out:
        parts.append(
            f"Not asked about: {left_out[0].ids:,} ids that are too long, or padded or unprintable as no issuer writes them.\n"
        )
    return parts


def about_logs(view: CaseView, tenant: str) -> list[str]:
    """Which records of issuance are missing?"""
    found = view.rows(
        f"""select stream, begins, ends, state, reason from ({MISSING}) where coalesce(tenant, '') = ?
            order by stream, begins""",
        [tenant],
    )
    if not found:
        return []
    return [
        "### Can you produce these records of issuance?\n",
        "Either the records, as an export (they are then evidence like any other), or that none were kept, and since when.\n",
        table(
            ("stream", "from", "to (exclusive)", "now", "why"),
            [(f.stream, f.begins, f.ends, f.state, f.reason) for f in found[:LISTED]],
        ),
        *more(len(found), "coverage.parquet"),
    ]


def about_mailboxes(view: CaseView, tenant: str) -> list[str]:
    """Which mailboxes could have been read without a trace?"""
    found = view.rows(
        f"""select mailbox, blind_days, reason from ({BLIND}) where coalesce(tenant, '') = ? order by mailbox""",
        [tenant],
    )
    if not found:
        return []
    return [
        "### Were records of message access kept for these mailboxes?\n",
        "If so, please export them. If not: which licence and which audit settings did each have on those days?\n",
        table(
            ("mailbox", "days without a record", "why"),
            [(f.mailbox, f.blind_days, f.reason) for f in found[:LISTED]],
        ),
        *more(len(found), "mailboxes.csv"),
    ]


def about_keys(view: CaseView) -> list[str]:
    """Whose are the keys that no realms file knows?"""
    found = view.rows(
        """select key_id, realm, first_seen, last_seen, uses from keys where not coalesce(given, false) and uses > 0
           and exists (select 1 from keys as known where known.given) order by key_id, realm"""
    )
    if not found:
        return []
    return [
        "## Whose keys are these?\n",
        "These keys signed tokens that were presented. Which are yours, of which realm, from when to when?\n",
        table(
            ("key", "presented to realm", "first presented", "last presented", "uses"),
            [(f.key_id, f.realm, f.first_seen, f.last_seen, f.uses) for f in found[:LISTED]],
        ),
        *more(len(found), "keys.parquet"),
    ]


def more(total: int, where: str) -> list[str]:
    """How many rows a table does not show, and where they are."""
    return [f"{total - LISTED:,} more are in `{where}`.\n"] if total > LISTED else []


def table(head: Sequence[str], found: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; every value stands as code, so that nothing in it is markup."""
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(shown(value) for value in row) for row in found]
    return "".join(f"| {line} |\n" for line in lines)


def shown(value: Any) -> str:
    """A number as such, all else as code."""
    return "" if value is None or value == "" else f"{value:,}" if isinstance(value, int) else code(value)


def code(value: Any) -> str:
    """Text out of evidence as a code span that it cannot leave, nor the table's cell.

    Source: CommonMark 0.31, 6.1 (code spans: no markup inside); GFM 4.10 (a pipe ends a cell unless escaped).
    """
    text = clipped(visible(str(value)), LONGEST).replace("`", "'").replace("|", "\\|")
    return f"`{text.strip() or ' '}`"


OUTPUT = Output(
    name="questions",
    filename="questions.md",
    says="what to ask the provider, by tenant, and what each answer changes",
    write=write,
)
