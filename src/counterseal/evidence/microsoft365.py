"""What all exports of Microsoft 365's unified audit log share: one vocabulary, one way to read it, in SQL."""

from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.source import LogStream

SYSTEM = "m365"
"""Record ids are the same in every export of this log."""

CONSUMER_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of personal Microsoft accounts. Source: Microsoft, "Access tokens in the Microsoft identity platform"."""

GRAPH = "00000003-0000-0000-c000-000000000000"

PAIRS = [{"Name": "VARCHAR", "Value": "VARCHAR"}]
FOLDERS = [
    {
        "Path": "VARCHAR",
        "FolderItems": [
            {
                "InternetMessageId": "VARCHAR",
                "Id": "VARCHAR",
                "ImmutableId": "VARCHAR",
                "SizeInBytes": "VARCHAR",
            }
        ],
    }
]
ITEM = {
    "Id": "VARCHAR",
    "ImmutableId": "VARCHAR",
    "InternetMessageId": "VARCHAR",
    "SizeInBytes": "VARCHAR",
    "ParentFolder": {"Name": "VARCHAR", "Path": "VARCHAR"},
}
"""Structures of the nested fields, equal in every export that keeps them."""

MAIL_TYPES = ("2", "3", "50", "ExchangeItem", "ExchangeItemGroup", "ExchangeItemAggregated")
FILE_TYPES = ("6", "SharePointFileOperation")
"""Record types by number and name. Source: Microsoft, Office 365 Management Activity API schema, AuditLogRecordType."""

PATHS = {
    "client=owa": "owa",
    "client=rest": "rest",
    "client=webservices": "ews",
    "client=msexchangerpc": "mapi",
    "client=outlookservice": "outlook-mobile",
    "client=imap4": "imap",
    "client=pop3": "pop3",
    "client=activesync": "activesync",
}
"""How ClientInfoString begins, in lower case -> path."""

STREAMS = (
    LogStream(
        "mail-access",
        Kind.USE,
        "entra",
        lag=timedelta(hours=24),
        retention=timedelta(days=180),
        note="MailItemsAccessed: an item served (bind) or a folder synchronised (sync). Served is not read; a bind is "
        "dropped when the same context repeats it within an hour, and after 1,000 records in 24 hours.",
    ),
    LogStream(
        "mailbox-audit",
        Kind.USE,
        "entra",
        lag=timedelta(hours=24),
        retention=timedelta(days=180),
        note="Every other operation on a mailbox: attachments opened, mail sent, moved, deleted, searched for.",
    ),
    LogStream(
        "file-audit",
        Kind.USE,
        "entra",
        lag=timedelta(hours=24),
        retention=timedelta(days=180),
        note="Operations on files in SharePoint and OneDrive; no mailbox is concerned.",
    ),
)


NOTHING = (
    "",
    "Not Available",
    "Unknown",
    "N/A",
    "00000000-0000-0000-0000-000000000000",
    "AAAAAAAAAAAAAAAAAAAAAA",
)
"""What these logs write for nothing; the last two are a GUID of zeros and a token id of zeros."""


def words(expression: str) -> str:
    """SQL: the text, null where it is one of the words these logs write for nothing."""
    return f"case when {one_of(expression, NOTHING)} then null else {expression} end"


def first(*expressions: str) -> str:
    """SQL: the first of these that says something."""
    return "coalesce(" + ", ".join(words(expression) for expression in expressions) + ")"


def realm(tenant: str) -> str:
    """SQL: the realm of a record by its tenant; null where no tenant is named."""
    return f"case when lower({tenant}) = '{CONSUMER_TENANT}' then 'consumer' when {tenant} <> '' then 'enterprise' end"


def path(client: str, app: str) -> str:
    """SQL: the way into the mailbox, from the client string, else from an app that is a resource of its own."""
    tests = " ".join(
        f"when starts_with(lower({client}), '{begins}') then '{name}'" for begins, name in PATHS.items()
    )
    return f"case {tests} when {app} = '{GRAPH}' then 'graph' end"


def principal_type(app_only: str, user: str, user_type: str) -> str:
    """SQL: app, guest, user, or null for the service's own accounts, which no sign-in stream holds."""
    return f"""case when {app_only} then 'app'
        when contains(lower({user}), '#ext#') or {user_type} in ('10', 'Guest') then 'guest'
        when {user_type} in ('3', '4', '7', '8', 'DcAdmin', 'System') or starts_with({user}, 'S-1-5-') then null
        when {user} <> '' then 'user' end"""


def outcome(status: str) -> str:
    """SQL: refused where the record itself says that the operation failed."""
    return f"case when lower({status}) in ('failed', 'false', 'failure') then 'refused' else 'accepted' end"


def instant(expression: str) -> str:
    """SQL: a time, null where it is one of the zero dates that stand for "unknown" (1601, 1970)."""
    return f"case when utc({expression}) >= timestamp '2000-01-01' then utc({expression}) end"


def one_of(expression: str, values: tuple[str, ...]) -> str:
    """SQL: is it one of these words?"""
    return f"{expression} in (" + ", ".join(f"'{value}'" for value in values) + ")"


def pair(pairs: str, name: str) -> str:
    """SQL: the value in a Name/Value list, looked for in its first two places before the whole list is searched."""
    return f"""case when {pairs}[1].Name = '{name}' then {pairs}[1].Value
        when {pairs}[2].Name = '{name}' then {pairs}[2].Value
        when len({pairs}) > 0 then named({pairs}, '{name}') end"""


def access(operation: str, written: str, record_type: str) -> str:
    """SQL: bind, sync or other.

    Where the export lost the property, the record type tells: Sync is ExchangeItem, Bind ExchangeItemAggregated
    (318 of 318 records).
    """
    return f"""case when {operation} = 'MailItemsAccessed' then coalesce(lower({written}),
            case when {record_type} in ('2', 'ExchangeItem') then 'sync'
                 when {record_type} in ('50', 'ExchangeItemAggregated') then 'bind' end)
        when {operation} = 'AttachmentAccess' then 'bind' else 'other' end"""


def message(message_id: str = "null", item: str = "null", folder: str = "null", size: str = "null") -> str:
    """SQL: one entry of `messages`."""
    return (
        f"{{'message_id': {message_id}::varchar, 'item_id': {item}::varchar, "
        f"'folder': {folder}::varchar, 'bytes': try_cast({size} as bigint)}}"
    )


def folder_of(item: str) -> str:
    """SQL: the folder of an Item; Path is "Not Available" on a synchronised one, then only its localised name is known."""
    return f"coalesce({words(f'{item}.ParentFolder.Path')}, {item}.ParentFolder.Name)"


SERVED = message("i.InternetMessageId", "coalesce(i.ImmutableId, i.Id)", "f.Path", "whole(i.SizeInBytes)")
TOUCHED = message(
    "e.InternetMessageId", f"coalesce(e.ImmutableId, {words('e.Id')})", folder_of("e"), "whole(e.SizeInBytes)"
)


def messages(operation: str, access_type: str, folders: str, item: str, affected: str) -> str:
    """SQL: branches of a CASE that give the messages; a folder whose items are not named is one entry without ids.

    Args:
        operation: the native operation; the Item of some of them is a folder.
        access_type: bind, sync or other.
        folders: `Folders`, typed.
        item: `Item`, typed.
        affected: `AffectedItems`, typed.
    """
    of_folder = f"({operation} = 'MailItemsAccessed' or contains({operation}, 'Folder'))"
    return f"""when {folders} is not null then flatten(list_transform({folders}, lambda f:
            case when len(f.FolderItems) > 0 then list_transform(f.FolderItems, lambda i: {SERVED})
                 else [{message(folder="f.Path")}] end))
        when {of_folder} and {folder_of(item)} is not null
            then list_transform([{item}], lambda e: {message(folder=folder_of("e"))})
        when not {of_folder} and coalesce({item}.InternetMessageId, {item}.ImmutableId, {item}.Id) is not null
            then list_transform([{item}], lambda e: {TOUCHED})
        when {affected} is not null then list_transform({affected}, lambda e: {TOUCHED})
        when {access_type} = 'sync' then [{message()}]"""


def no_items(mail: str, access_type: str, folders: str, item: str) -> str:
    """SQL: does a mail access name no item (bind), or no folder (sync)?"""
    return f"""{mail} and {folders}[1].FolderItems[1] is null
        and coalesce(len(flatten(list_transform({folders}, lambda f: f.FolderItems))), 0) = 0
        and ({access_type} = 'bind' or {folder_of(item)} is null)"""


def logon_type(expression: str) -> str:
    """SQL: owner, admin, delegate or other, from LogonType's number or name."""
    return f"""case when {expression} in ('0', 'Owner') then 'owner'
        when {expression} in ('1', '6', 'Admin', 'DelegatedAdmin') then 'admin'
        when {expression} in ('2', 'Delegated', 'Delegate') then 'delegate' when {expression} <> '' then 'other' end"""
