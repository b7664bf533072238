"""The synthetic incident: logs of an invented campaign, with the truth about it beside them.

It imports nothing of the judgement, so that neither can be bent to fit the other.
"""

import json
from pathlib import Path

from counterseal.core.case import write_atomically
from counterseal.demo import settings
from counterseal.demo.readme import readme
from counterseal.demo.story import tell
from counterseal.demo.truth import Truth, truth

DEFAULT_SEED = 558

__all__ = ["DEFAULT_SEED", "write"]


def write(folder: Path, seed: int = DEFAULT_SEED, background: float | None = None) -> None:
    """Write the incident of that seed: `truth.json` first, then the logs that follow from it.

    Args:
        folder: where to; made if it does not exist, files of the same names are replaced.
        seed: another seed is another incident: other people, counts, times and victims.
        background: share of genuine cloud tokens that have no sign-in row; null: 1.5 %.
    """
    story = tell(seed, background)
    write_atomically(folder / "truth.json", spelt(truth(story)).encode())
    realms = (story.institute.enterprise, story.institute.consumer)
    texts = {
        "README.md": readme(story),
        "realms.toml": settings.realms_toml(story.cast, realms),
        "roster.csv": settings.roster_csv(story.cast),
        "declare.toml": settings.declare_toml(story.cast, realms),
        "indicators.json": settings.indicators_json(seed, story.cast, story.incident, story.raid),
    }
    for name, text in texts.items():
        write_atomically(folder / name, text.encode())
    for export in story.exports:
        write_atomically(folder / export.name, export.content())


def spelt(facts: Truth) -> str:
    """The truth as JSON, one line for each member of a list: people can read it and tools can compare it."""
    members = []
    for name, value in facts.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value:
            text = "[\n  " + ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in value) + "\n ]"
        members.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(members) + "\n}\n"
