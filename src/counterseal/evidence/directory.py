"""What an act on Microsoft Entra's directory says of keys and trust, whatever log it stands in, in SQL.

The directory's audit log and the unified audit log tell of the same acts: the first with properties named
`displayName`, `oldValue`, `newValue`, the second with `Name`, `OldValue`, `NewValue`, and a full stop after the name
of the act. What follows from an act and its properties is written once, here.
"""

from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.source import LogStream

ACTS = (
    "add service principal credentials",
    "remove service principal credentials",
    "set domain authentication",
    "set federation settings on domain",
    "add unverified domain",
    "add verified domain",
    "verify domain",
    "consent to application",
    "add oauth2permissiongrant",
    "remove oauth2permissiongrant",
    "add delegated permission grant",
    "remove delegated permission grant",
    "add app role assignment to service principal",
    "remove app role assignment from service principal",
    "add app role assignment grant to user",
    "add app role assignment to group",
)
"""Acts that touch a credential, the federation of a domain or a permission.

Source: Microsoft, "Microsoft Entra audit log categories and activities"; "Monitor changes to federation
configuration in your Microsoft Entra ID".
"""

SECRETS = "certificates and secrets management"
"""The rest of that act's name is an en dash and a trailing blank, which some exports turn into a question mark."""

CREDENTIALS = ("KeyDescription", "FederatedIdentityCredentials")
"""Properties of an application that are credentials: an act that changes one is custody under any name."""

STREAM = LogStream(
    "directory-custody",
    Kind.CUSTODY,
    "entra",
    lag=timedelta(hours=1),
    retention=timedelta(days=30),
    note="Credentials of applications, federation of domains, consent and permissions. Kept 30 days with P1 or P2, 7 "
    "without; 180 days in the unified audit log.",
)


def act(name: str) -> str:
    """SQL: the act's name in one spelling: no blanks around it and no full stop."""
    return f"rtrim(trim({name}), '.')"


def is_custody(name: str, changed: str) -> str:
    """SQL: does the act touch a key or a trust setting?

    Args:
        name: the act.
        changed: the list of the names of the properties it changed.
    """
    acts = ", ".join(f"'{one}'" for one in ACTS)
    keys = ", ".join(f"'{one}'" for one in CREDENTIALS)
    return f"""coalesce(lower({act(name)}) in ({acts}) or contains(lower({name}), '{SECRETS}')
        or list_has_any({changed}, [{keys}]), false)"""


def keys_touched(old: str, new: str) -> str:
    """SQL: ids of the credentials added, else of those removed, joined with blanks; null where none is named."""
    found = "regexp_extract_all(coalesce({}, ''), 'KeyIdentifier=([0-9A-Fa-f-]+)', 1)"
    return f"""list_transform([{{'o': {found.format(old)}, 'n': {found.format(new)}}}], lambda k: nullif(array_to_string(
        case when len(list_filter(k.n, lambda x: not list_contains(k.o, x))) > 0
             then list_filter(k.n, lambda x: not list_contains(k.o, x))
             else list_filter(k.o, lambda x: not list_contains(k.n, x)) end, ' '), ''))[1]"""


def plain(value: str) -> str:
    """SQL: a property's value without the JSON that it is wrapped in: `"x"`, `["x"]`, null where it says nothing."""
    return f"""said(trim(regexp_replace({value}, '[\\[\\]"\\\\\\r\\n]', '', 'g')))"""


def scope_of(given: str, role: str, consent: str) -> str:
    """SQL: the permissions given, joined with blanks.

    Args:
        given: DelegatedPermissionGrant.Scope.
        role: AppRole.Value.
        consent: ConsentAction.Permissions, a text with a Scope in each of its grants.
    """
    return f"""coalesce({plain(given)}, {plain(role)}, nullif(trim(array_to_string(list_sort(list_distinct(flatten(
        list_transform(regexp_extract_all({consent}, 'Scope: *([^,\\]]*)', 1), lambda s: string_split(trim(s), ' '))))),
        ' ')), ''))"""


def app_of(client: str, detail: str, names: str, is_resource: str) -> str:
    """SQL: the application that was given something.

    Args:
        client: ServicePrincipal.AppId.
        detail: the additional detail AppId.
        names: TargetId.ServicePrincipalNames: the target's, joined with semicolons.
        is_resource: is the target the API that the permission is for, not the application?
    """
    return f"""lower(coalesce({plain(client)}, {plain(detail)}, case when not ({is_resource}) then list_filter(
        list_transform(string_split({plain(names)}, ';'), lambda n: trim(n)), lambda n: is_guid(n))[1] end))"""


def is_on_resource(name: str) -> str:
    """SQL: is the target of this act the API that a permission is for, so that the application stands in the properties?"""
    return f"""(contains(lower({name}), 'delegated permission grant') or contains(lower({name}), 'oauth2permissiongrant')
        or contains(lower({name}), 'service principal') and contains(lower({name}), 'app role assignment'))"""
