"""What runs by itself in the premium tenant: backup, automation, the provider's back end, failed sign-ins, chat."""

from datetime import datetime, timedelta

from counterseal.demo import audit, signins
from counterseal.demo.audit import Client, Token, Visit
from counterseal.demo.chance import Chance
from counterseal.demo.entries import Benign, Entry
from counterseal.demo.office import QUIET_SUNDAY, WEEKEND, Office, in_export, some_mail


def services(office: Office, day: int) -> None:
    """Every night: the backup over twelve mailboxes, an automation, and the provider's own search back end."""
    chance, cast = office.chance, office.cast
    fixed = Chance.of(0, office.org.tenant + "services")
    backup = Client(
        audit.EXCHANGE, fixed.guid(), "Client=WebServices;ExchangeWebServices/15.20 (Vault Backup);"
    )
    robot = fixed.guid()
    at = chance.within(cast.day(day, 1), timedelta(minutes=10))
    token = Token(chance.request_id(), at.replace(microsecond=0), None)
    office.add(
        "service-principal",
        app_row(office, signins.SERVICE_PRINCIPAL, token, backup.acting, "Vault Backup", "192.0.2.50"),
    )
    for hour in (4, 12, 20):
        robot_token = Token(
            chance.request_id(),
            chance.within(cast.day(day, hour), timedelta(hours=1)).replace(microsecond=0),
            None,
        )
        office.add(
            "managed-identity",
            app_row(office, signins.MANAGED_IDENTITY, robot_token, robot, "night-jobs", "192.0.2.60"),
        )
    for error in chance.some((50126, 50140, 50126), 1, 3) if day != QUIET_SUNDAY else ():
        office.add("interactive", failed(office, day, error))
    if in_export(day):
        touch_mail(
            office,
            day,
            at,
            Visit(office.org, office.org.people[0], backup, "192.0.2.50", token, app_only=True),
        )


def touch_mail(office: Office, day: int, at: datetime, backup: Visit) -> None:
    """The backup's mailboxes of that night, the provider's search, and a little chat."""
    chance, cast = office.chance, office.cast
    fixed = Chance.of(0, office.org.tenant + "search")
    search = Client(fixed.guid(), None, "Client=REST;Client=RESTSystem;;")
    for place, person in enumerate(chance.some(office.org.people, 12, 12)):
        mail = chance.some(person.messages, 2, 5)
        office.add(
            "audit", audit.opened(chance, backup.to(person), at + timedelta(seconds=20 + 9 * place), mail)
        )
    for person in chance.some(office.org.people, 3, 5):
        moment = chance.within(cast.day(day), timedelta(hours=23))
        hidden = Token(chance.request_id(), (moment - timedelta(minutes=4)).replace(microsecond=0), None)
        inside = Visit(office.org, person, search, chance.choice(cast.provider), hidden)
        part = Benign("provider-back-end", person)
        office.add("audit", audit.opened(chance, inside, moment, some_mail(chance, person), part=part))
    if day % 7 not in WEEKEND:
        for person in chance.some(office.org.people, 3, 5):
            office.add(
                "audit",
                audit.chat(chance, office.org, person, chance.within(cast.day(day, 8), timedelta(hours=9))),
            )


def failed(office: Office, day: int, error: int) -> Entry:
    """Someone's wrong password (50126) or unfinished sign-in (50140): an event that issued nothing."""
    chance, person = office.chance, office.chance.choice(office.org.people)
    token = Token(
        chance.request_id(), chance.within(office.cast.day(day, 7), timedelta(hours=10)), chance.guid()
    )
    return signins.signed_in(
        chance,
        office.org,
        person,
        signins.INTERACTIVE,
        token,
        app=audit.OUTLOOK_WEB,
        app_name="One Outlook Web",
        ip=person.home,
        error=error,
    )


def app_row(office: Office, stream: str, token: Token, app: str, name: str, ip: str) -> Entry:
    """An application's own sign-in."""
    return signins.app_signed_in(office.chance, office.org, stream, token, app=app, app_name=name, ip=ip)
