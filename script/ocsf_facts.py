#!/usr/bin/env python3
"""Write the facts of the OCSF schema that the tests hold findings.ndjson to: names, types, requirements, enum numbers.

    git clone https://github.com/ocsf/ocsf-schema && script/ocsf_facts.py ocsf-schema/.git COMMIT > facts.json

The schema itself is not part of this repository (Apache-2.0, the OCSF authors); descriptions are left out.
"""

import json
import subprocess
import sys
from typing import Any

CLASS = "events/findings/detection_finding.json"
OBJECTS = (
    "metadata", "product", "finding_info", "attack", "technique", "sub_technique", "analytic", "evidences", "actor", "user",
    "session", "network_endpoint", "http_request", "resource_details", "observable",
)  # fmt: skip


class Schema:
    """The schema at one commit of its repository."""

    def __init__(self, repository: str, commit: str) -> None:
        self.repository, self.commit = repository, commit
        listed = self.git("ls-tree", "-r", "--name-only", commit).split()
        self.files = [
            path for path in listed if path.endswith(".json") and path.startswith(("events", "objects"))
        ]
        self.by_name: dict[str, Any] = {}
        for path in self.files:
            found = self.read(path)
            self.by_name.setdefault(found["name"], found)
        self.dictionary = self.read("dictionary.json")["attributes"]

    def git(self, *words: str) -> str:
        """What git prints."""
        ran = subprocess.run(
            ["git", f"--git-dir={self.repository}", *words],  # noqa: S607
            check=True,
            capture_output=True,
            text=True,
        )
        return ran.stdout

    def read(self, path: str) -> Any:
        """A file of the schema."""
        return json.loads(self.git("show", f"{self.commit}:{path}"))

    def attributes(self, given: Any) -> dict[str, dict[str, Any]]:
        """An object's attributes, those of what it extends and of the profiles it includes among them."""
        found: dict[str, dict[str, Any]] = {}
        if given.get("extends"):
            found |= self.attributes(self.by_name[given["extends"]])
        own = dict(given.get("attributes", {}))
        for path in own.pop("$include", []):
            profile = self.read(path)
            for name, said in profile["attributes"].items():
                if isinstance(said, dict):
                    found[name] = found.get(name, {}) | said | {"profile": profile["name"]}
        for name, said in own.items():
            earlier = found.get(name, {})
            found[name] = earlier | said
            if earlier.get("profile") and "profile" not in said:
                found[name].pop("profile")  # a class that names it itself needs no profile for it
        return found

    def facts(self, given: Any) -> dict[str, Any]:
        """Per attribute: type, whether it is a list, requirement, profile, enum numbers; and the constraints."""
        said = {}
        for name, own in sorted(self.attributes(given).items()):
            base = self.dictionary[name]
            enum = {**base.get("enum", {}), **own.get("enum", {})}
            fact = {
                "type": own.get("type", base["type"]),
                "list": bool(base.get("is_array")),
                "requirement": own.get("requirement", "optional"),
                "profile": own.get("profile"),
                "enum": {key: value["caption"] for key, value in sorted(enum.items())}
                if name.endswith("_id")
                else None,
            }
            said[name] = {key: value for key, value in fact.items() if value}
        return {"at_least_one": self.at_least_one(given), "attributes": said}

    def at_least_one(self, given: Any) -> list[str]:
        """Of these attributes one must be there: the object's own rule, else that of what it extends."""
        if "constraints" in given or not given.get("extends"):
            return list(given.get("constraints", {}).get("at_least_one", []))
        return self.at_least_one(self.by_name[given["extends"]])


def main(repository: str, commit: str) -> None:
    """Print the facts."""
    schema = Schema(repository, commit)
    finding = schema.read(CLASS)
    version = schema.read("version.json")["version"]
    facts = {
        "from": f"https://github.com/ocsf/ocsf-schema, commit {schema.git('rev-parse', commit).strip()}, version {version}",
        "version": version,
        "class": schema.facts(finding),
        "objects": {name: schema.facts(schema.by_name[name]) for name in OBJECTS},
    }
    print(json.dumps(facts, indent=1, sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
