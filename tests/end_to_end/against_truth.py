"""Compare a finished case with the truth that the synthetic incident wrote before its logs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = dict[str, Any]


def table(case: Path, name: str) -> list[Row]:
    """A case table as dicts."""
    found: list[Row] = pq.read_table(case / f"{name}.parquet").to_pylist()
    return found


class Comparison:
    """One case beside its truth; every method yields one sentence per disagreement."""

    def __init__(self, evidence: Path, case: Path) -> None:
        self.truth = json.loads((evidence / "truth.json").read_text("utf-8"))
        self.manifest = json.loads((case / "manifest.json").read_text("utf-8"))
        self.paths = {
            entry["sha256"]: Path(entry["path"]).relative_to(evidence).as_posix()
            for entry in self.manifest["evidence"]
        }
        self.verdicts = {
            (self.paths[row["evidence_file"]], row["evidence_record"]): row for row in table(case, "verdicts")
        }
        self.mailboxes = {row["mailbox"].lower(): row for row in table(case, "mailboxes")}
        self.exposure = table(case, "exposure")
        self.coverage = table(case, "coverage")
        self.planted = {
            (place["file"], place["record"]) for use in self.truth["uses"] for place in use["places"]
        }

    def everything(self) -> list[str]:
        """All disagreements, sorted."""
        return sorted(
            {
                *self.planted_uses(), *self.innocents(), *self.roster(), *self.messages(), *self.blind_spots(),
                *self.sums(), *self.rejects(), *self.attempts(),
            }
        )  # fmt: skip

    def planted_uses(self) -> Iterator[str]:
        """Every planted use has a verdict its tier can reach, for a reason it was planted for."""
        for use in self.truth["uses"]:
            places = [(place["file"], place["record"]) for place in use["places"]]
            found = next((self.verdicts[place] for place in places if place in self.verdicts), None)
            said = found["verdict"] if found else "issued or not a use"
            if said not in use["accept"]:
                yield f"planted {use['what']} at {places[0]}: {said}, not {use['accept']} ({found and found['reasons']})"
            elif use["verdict"] == said and not set(use["reasons"]) & set(found["reasons"] if found else ()):
                yield f"planted {use['what']} at {places[0]}: {found and found['reasons']}, not {use['reasons']}"

    def innocents(self) -> Iterator[str]:
        """Nobody else is accused, and benign oddities are called what they may be called."""
        for place, row in self.verdicts.items():
            if place not in self.planted and row["verdict"] in ("forged", "stolen", "unissued"):
                yield f"innocent use at {place} ({row['mailbox']}): {row['verdict']} {row['reasons']}"
        benign = {
            (file, record): group
            for group in self.truth["benign"]
            for file, records in group["records"].items()
            for record in records
        }
        for place, row in self.verdicts.items():
            if place in benign and row["verdict"] not in benign[place]["accept"]:
                yield f"benign {benign[place]['cause']} at {place}: {row['verdict']} {row['reasons']}"
            elif place not in benign and place not in self.planted and row["verdict"] == "suspicious":
                yield f"unplanted use at {place} ({row['mailbox']}): suspicious {row['reasons']}"

    def roster(self) -> Iterator[str]:
        """Every mailbox has a status that the truth accepts."""
        for known in self.truth["mailboxes"]:
            found = self.mailboxes.get(known["mailbox"].lower())
            if found is None:
                yield f"mailbox {known['mailbox']} is not in the roster"
            elif found["status"] not in known["accept"]:
                yield f"mailbox {known['mailbox']}: {found['status']}, not {known['accept']} ({found['reason']})"

    def messages(self) -> Iterator[str]:
        """Victims' messages: exactly the served ones are certain, the synchronised folders presumed."""
        for known in self.truth["mailboxes"]:
            if known["status"] not in ("victim", "suspected"):
                continue
            mine = [row for row in self.exposure if row["mailbox"].lower() == known["mailbox"].lower()]
            certain = {name(row) for row in mine if row["exposure"] == "certain"}
            wanted = {name(item) for item in known["certain"]}
            if missing := wanted - certain:
                yield f"{known['mailbox']}: {len(missing)} served messages missing, e.g. {sorted(map(str, missing))[:2]}"
            own = {("message", text.strip(" <>")) for text in known.get("also", ())}
            if (
                surplus := certain - wanted - own
            ):  # the victim's own reading, which counting cannot tell apart
                yield f"{known['mailbox']}: {len(surplus)} messages too many, e.g. {sorted(map(str, surplus))[:2]}"
            folders = {row["folder"] for row in mine if row["exposure"] == "presumed"}
            if lost := set(known["presumed_folders"]) - folders:
                yield f"{known['mailbox']}: presumed folders {sorted(lost)} missing (found {sorted(map(str, folders))})"

    def blind_spots(self) -> Iterator[str]:
        """Every planted blind spot is a coverage row that is not covered."""
        for blind in self.truth["blind"]:
            named = {blind["mailbox"].lower(), "*"} if blind["mailbox"] == "*" else {blind["mailbox"].lower()}
            rows = [
                row
                for row in self.coverage
                if row["tenant"] == blind["tenant"]
                and row["mailbox"].lower() in named
                and row["stream"] == blind["stream"]
                and row["state"] != "covered"
                and row["begins"].isoformat() < blind["ends"]
                and row["ends"].isoformat() > blind["begins"]
            ]
            if not rows:
                yield f"blind spot not named: {blind}"

    def sums(self) -> Iterator[str]:
        """Per file the sums balance and are the planted ones; warnings that must be there are."""
        for entry in self.manifest["evidence"]:
            file = self.paths[entry["sha256"]]
            wanted = self.truth["files"][file]
            if entry["read"] != sum(
                entry[term] for term in ("kept", "duplicate", "out_of_scope", "rejected")
            ):
                yield f"{file}: sums do not balance: {entry}"
            found = {
                "read": entry["read"],
                "rejected": entry["rejected"],
                "rest": entry["kept"] + entry["duplicate"] + entry["out_of_scope"],
            }
            expected = {
                "read": wanted["read"],
                "rejected": wanted["rejected"],
                "rest": wanted["kept_or_duplicate"] + wanted["out_of_scope"],
            }
            if found != expected:
                yield f"{file}: {found}, not {expected}"
        total = {term: sum(entry[term] for entry in self.manifest["evidence"]) for term in self.truth["sums"]}
        if total != self.truth["sums"]:
            yield f"all files: {total}, not {self.truth['sums']}"

    def rejects(self) -> Iterator[str]:
        """Exactly the planted rejects were rejected."""
        lines = (Path(self.case_of()) / "rejected.ndjson").read_text("utf-8").splitlines()
        found = {(self.paths[entry["sha256"]], entry["record"]) for entry in map(json.loads, lines)}
        wanted = {(entry["file"], entry["record"]) for entry in self.truth["rejected"]}
        if found != wanted:
            yield f"rejected {sorted(found)}, not {sorted(wanted)}"

    def attempts(self) -> Iterator[str]:
        """Refused uses of the actors after their last success are counted as attempts."""
        counted = {row["attempts_after"] for row in table(Path(self.case_of()), "actors")}
        if self.truth["attempts"] and not any(counted):
            yield f"no attempts after the last success: {counted}"

    def case_of(self) -> str:
        """The case folder, as the manifest's own place."""
        return self.manifest["_case"]  # set by compare()


def name(item: Row) -> tuple[str, str]:
    """What names a message: its Message-ID, else its item id's last part and folder."""
    if item["message_id"]:
        return ("message", item["message_id"].strip(" <>"))
    return ("item", f"{item['folder']}/{str(item['item_id']).rsplit('/', 1)[-1].rsplit(':', 1)[-1]}")


def compare(evidence: Path, case: Path) -> list[str]:
    """Every disagreement between a case and the truth beside its evidence."""
    comparison = Comparison(evidence, case)
    comparison.manifest["_case"] = str(case)
    return comparison.everything()
