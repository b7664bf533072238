"""Names of the ATT&CK techniques that the reasons of a verdict carry.

Source: MITRE ATT&CK for Enterprise, v18.1.
"""

ATTACK_VERSION = "18.1"

TECHNIQUES = {
    "T1090": "Proxy",
    "T1090.002": "External Proxy",
    "T1098": "Account Manipulation",
    "T1098.003": "Additional Cloud Roles",
    "T1114": "Email Collection",
    "T1114.002": "Remote Email Collection",
    "T1119": "Automated Collection",
    "T1134": "Access Token Manipulation",
    "T1134.001": "Token Impersonation/Theft",
    "T1484": "Domain or Tenant Policy Modification",
    "T1484.002": "Trust Modification",
    "T1528": "Steal Application Access Token",
    "T1539": "Steal Web Session Cookie",
    "T1550": "Use Alternate Authentication Material",
    "T1550.001": "Application Access Token",
    "T1550.004": "Web Session Cookie",
    "T1552": "Unsecured Credentials",
    "T1552.004": "Private Keys",
    "T1556": "Modify Authentication Process",
    "T1556.007": "Hybrid Identity",
    "T1583": "Acquire Infrastructure",
    "T1583.003": "Virtual Private Server",
    "T1606": "Forge Web Credentials",
    "T1606.002": "SAML Tokens",
    "T1649": "Steal or Forge Authentication Certificates",
}

URL = "https://attack.mitre.org/techniques/"


def url(technique: str) -> str:
    """The page of a technique."""
    return URL + technique.replace(".", "/")
