"""What PowerShell's exports do to audit records, and how much of it can be undone, in SQL.

`ConvertTo-Json` below its depth and `Export-Csv` write an object as "@{Name=MailAccessType; Value=Bind}" and a list as
"System.Object[]". What can still be read in such text is put back as JSON; what cannot is marked.

Source: Microsoft-Extractor-Suite f62281f (`-AuditDataOnly -Output CSV`); exports seen in the wild.
"""

PAIR = ("Name", "Value")
ITEM = ("Id", "ImmutableId", "InternetMessageId", "SizeInBytes")
CONTEXT = ("AADSessionId", "ClientAppId", "UniqueTokenId", "IssuedAtTime")


def at(text: str, key: str) -> str:
    """SQL: the value of one key in "@{key=value; key=value}", null if there is none."""
    return rf"nullif(regexp_extract({text}, '(?s)(?:^@\{{|; ){key}=(.*?)(?:; [A-Za-z@.]+=|\}}$)', 1), '')"


def object_of(value: str, keys: tuple[str, ...]) -> str:
    """SQL: a JSON value as it is, or an object of these keys if it is a "@{…}" text."""
    text = f"({value}->>'$')"
    members = ", ".join(f"'{key}', {at(text, key)}" for key in keys)
    return f"""case when json_type({value}) <> 'VARCHAR' then {value}
        when starts_with({text}, '@{{') then json_object({members}) end"""


def list_of(record: str, field: str, entry: str) -> str:
    """SQL: a list field, each of its entries `e` given by an expression; null where it is no list."""
    return f"""case when json_type({record}, '$.{field}') = 'ARRAY'
        then to_json(list_transform(json_extract({record}, '$.{field}[*]'), lambda e: {entry})) end"""


def holder_of(key: str, items: str, keys: tuple[str, ...]) -> str:
    """SQL: an entry `e` that has one key of its own and a list of items, whose entries may be texts too."""
    return f"""case when json_type(e) = 'VARCHAR' then json_object('{key}', {at("(e->>'$')", key)})
        else json_object('{key}', e->>'$.{key}', '{items}', to_json(
            list_transform(json_extract(e, '$.{items}[*]'), lambda i: {object_of("i", keys)}))) end"""


def rebuilt(record: str) -> str:
    """SQL: a flattened audit record with everything that can still be read in its place.

    `Lossy` is added: 'flattened' where a list that this product reads is gone.
    """
    parent = object_of(f"json_extract({record}, '$.Item.ParentFolder')", ("Name", "Path"))
    fields = {
        "OperationProperties": list_of(record, "OperationProperties", object_of("e", PAIR)),
        "DeviceProperties": list_of(record, "DeviceProperties", object_of("e", PAIR)),
        "ExtendedProperties": list_of(record, "ExtendedProperties", object_of("e", PAIR)),
        "AppAccessContext": object_of(f"json_extract({record}, '$.AppAccessContext')", CONTEXT),
        "Item": f"""case when json_type({record}, '$.Item.ParentFolder') = 'VARCHAR'
            then json_merge_patch(json_extract({record}, '$.Item'), json_object('ParentFolder', {parent}))
            else {object_of(f"json_extract({record}, '$.Item')", ITEM)} end""",
        "AffectedItems": list_of(record, "AffectedItems", object_of("e", ITEM)),
        "Messages": list_of(record, "Messages", holder_of("Id", "MessageItems", ("SizeInBytes",))),
        "Folders": list_of(record, "Folders", holder_of("Path", "FolderItems", ITEM)),
    }
    gone = [f"({record}->>'$.{field}') = 'System.Object[]'" for field in fields]
    gone.append(f"contains(json_extract({record}, '$.Folders')::varchar, 'System.Object[]')")
    members = ", ".join(f"'{field}', {value}" for field, value in fields.items())
    return f"""json_merge_patch({record}, json_object({members},
        'Lossy', case when {" or ".join(gone)} then 'flattened' end))::varchar"""


def readable(record: str) -> str:
    """SQL: a record's JSON text, rebuilt where PowerShell flattened it. Others cost two substring tests.

    The tests look for what begins with rare characters: beginning with a quote, they cost three times as much.
    """
    return f"""case when not (contains({record}, '@{{') or contains({record}, '[]"')) then {record}
        when not (contains({record}, '"@{{') or contains({record}, '"System.Object[]"')) then {record}
        when json_valid({record}) then {rebuilt(record)} end"""
