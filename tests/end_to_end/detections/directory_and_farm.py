"""Raw records of a directory's audit log and of an AD FS farm, synthetic."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from raw import Record, guid, signed_in, stamp

CONTACT = "5cb41ed0-0e4c-11d0-a286-00aa003049e2"
PHOTO = "8d3bca50-1d7e-11d0-a081-00aa006c33ed"


def directory_act(
    time: datetime, name: str, by: str, target: str, *, shown: str | None = None, result: str = "success",
    **changed: str,
) -> Record:  # fmt: skip
    """Graph `directoryAudit`: a person changes something; `changed` with an underscore pair standing for a dot."""
    properties = [
        {"displayName": key.replace("__", "."), "oldValue": None, "newValue": f'"{value}"'}
        for key, value in changed.items()
    ]
    who = {"id": guid(f"oid {by}"), "displayName": shown, "userPrincipalName": by, "ipAddress": "192.0.2.10"}
    return {
        "id": f"Directory_{guid(f'{time} {name} {target}')}_X_1", "category": "Policy",
        "correlationId": guid(f"{time} {name}"), "result": result, "resultReason": "", "activityDisplayName": name,
        "activityDateTime": stamp(time), "loggedByService": "Core Directory", "operationType": "Update",
        "initiatedBy": {"user": who, "app": None}, "additionalDetails": [],
        "targetResources": [
            {"id": guid(target), "displayName": target, "type": "Other", "modifiedProperties": properties}
        ],
    }  # fmt: skip


def over_assertion(time: datetime, user: str, name: str, activity: str, **fields: Any) -> Record:
    """Graph `signIn`: Entra took a SAML assertion, which AD FS knows by this activity."""
    return signed_in(time, user, name, stream="interactiveUser", **fields) | {
        "incomingTokenType": "saml11",
        "correlationId": guid(activity),
    }


def windows_event(time: datetime, source: str, number: int, record: int, **fields: Any) -> Record:
    """A Windows event as a forwarder writes it."""
    return {
        "EventTime": stamp(time), "SourceName": source, "Hostname": "adfs01.ent.example", "EventID": number,
        "RecordNumber": record, "Channel": "Security", **fields,
    }  # fmt: skip


def assertion(time: datetime, user: str, activity: str, record: int, ip: str = "192.0.2.10") -> Record:
    """AD FS 1200: a token for Microsoft 365."""
    parts: Mapping[str, Mapping[str, str]] = {
        "ResourceAuditComponent": {"RelyingParty": "urn:federation:MicrosoftOnline", "UserId": user},
        "RequestAuditComponent": {
            "Server": "http://sts.ent.example/adfs/services/trust",
            "AuthProtocol": "WSFederation",
            "IpAddress": ip,
            "ForwardedIpAddress": "",
        },
    }
    components = "".join(
        f'<Component xsi:type="{kind}">{"".join(f"<{k}>{v}</{k}>" for k, v in held.items())}</Component>'
        for kind, held in parts.items()
    )
    return windows_event(
        time, "AD FS Auditing", 1200, record,
        Message="The Federation Service issued a valid token. See XML for details. \r\n\r\n"
        f"Activity ID: {guid(activity)} \r\n\r\nAdditional Data \r\nXML: "
        '<?xml version="1.0" encoding="utf-16"?><AuditBase xsi:type="AppTokenAudit"><AuditType>AppToken</AuditType>'
        f"<AuditResult>Success</AuditResult><ContextComponents>{components}</ContextComponents></AuditBase>",
    )  # fmt: skip


def key_read(time: datetime, account: str, record: int) -> Record:
    """4662: the attribute was read that holds the farm's master key."""
    return windows_event(
        time, "Microsoft-Windows-Security-Auditing", 4662, record, Hostname="dc01.ent.example",
        SubjectDomainName="ENT", SubjectUserName=account, ObjectType=f"%{{{CONTACT}}}",
        Properties=f"%%7684\r\n\t{{{PHOTO}}}\r\n{{{CONTACT}}}", Message="An operation was performed on an object.",
    )  # fmt: skip
