"""A role is given by a person with Dataverse named as the one who acted; and Exchange Online keeping a group."""

from directory_and_farm import directory_act
from raw import at, ndjson

ALICE = "alice@ent.example"

HIT = {
    "directory.ndjson": ndjson(
        directory_act(at(0, 9), "Add member to role", ALICE, "Company Administrator", shown="Dataverse"),
        directory_act(at(0, 9, 5), "Update user", ALICE, "Bob"),
        directory_act(at(0, 9, 6), "Update user", ALICE, "Bob", shown="Office 365 Exchange Online"),
    )
}
EXPECTED = {("directory.ndjson", 0), ("directory.ndjson", 2)}
SAYS = "the directory was changed as alice@ent.example with Dataverse named as the one who acted"

MISS = {
    "directory.ndjson": ndjson(
        directory_act(at(0, 9), "Add member to group", ALICE, "Board", shown="Office 365 Exchange Online"),
        directory_act(
            at(0, 9, 5), "Add member to role", ALICE, "Company Administrator", shown="Alice Example"
        ),
        directory_act(at(0, 9, 6), "Add member to role", ALICE, "Company Administrator"),
    )
}
