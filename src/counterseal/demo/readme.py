"""The page that lies beside the synthetic incident."""

from counterseal.demo.office import GAP_DAY
from counterseal.demo.story import Story


def readme(story: Story) -> str:
    """What the folder is, what to run, and what to expect."""
    cast = story.cast
    rows = "\n".join(
        f"| `{export.name}` | {len(export.entries):,} |"
        for export in sorted(story.exports, key=lambda one: one.name)
    )
    total = sum(len(export.entries) for export in story.exports)
    gap = f"{cast.day(GAP_DAY):%A %d %B}"
    return f"""# A synthetic incident

Everything here is invented: people, organisations, addresses (documentation ranges of RFC 5737 and RFC 3849), domains
(`.example`), keys and mail. It was written by `counterseal demo FOLDER --seed {story.seed}`. No record comes from a real log.

```console
$ script/counterseal investigate examples/storm --out case
```

## What happened

Somebody holds a signing key of the consumer realm that was retired in 2021. With it tokens are forged that open
mailboxes of the enterprise realm, as in Storm-0558. The same somebody appears in two cloud tenants. A second, unrelated
thief lives on stolen tokens.

| organisation | what its logs hold | the verdict they can reach |
|---|---|---|
| {cast.premium.name} | mailbox audit and all sign-in streams | `unissued`, by measure |
| {cast.standard.name} | mailbox audit without sign-ins; some mailboxes without audit | `suspicious` |
| {cast.enterprise.name}, personal accounts | issuers' logs, Dovecot and a gateway with key ids | `forged`, `stolen` |

`truth.json` was written before the logs: every planted use with its best verdict, every victim, every message, every
innocent who must not be accused, every blind spot, every record that must be rejected. Do not read it before the report.

## What makes it hard

- {story.background:.1%} of the genuine tokens of the cloud tenant have no sign-in row, spread over its people, and the
  provider's own back end has none at all: whoever accuses every unmatched token accuses innocents.
- The sign-ins of {gap} are missing from one stream. One Sunday is quiet, and that is no gap.
- A new application reaches a dozen people on one morning; one person travels; many share one address; guests, a backup
  and an add-in behave oddly. None of them did anything.
- One mailbox is throttled for 24 hours in the middle of the attack. One export lost its message ids, one stops in the
  middle of a day, two hold records that another holds as well, and four records cannot be read.

## Files

| file | records |
|---|---|
{rows}
| all | {total:,} |

`realms.toml`, `roster.csv`, `declare.toml` and `indicators.json` at the top of the folder are what the analyst knows;
`investigate` takes them when no flag says otherwise.
"""
