"""The analyst's files beside the synthetic incident are ones that the product takes."""

from pathlib import Path

import pytest

from counterseal import demo
from counterseal.demo.settings import CONSUMER_TENANT
from counterseal.demo.story import tell
from counterseal.investigate.inputs import read_declarations, read_indicators, read_roster
from counterseal.trust.realms import load_realms


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An incident of some seed."""
    path = tmp_path_factory.mktemp("settings")
    demo.write(path, 41)
    return path


def test_realms_name_both_realms_and_the_key_retired_years_ago(folder: Path) -> None:
    """Two realms with two keys each; the consumer realm's old one is retired; every tenant has its realm."""
    story = tell(41)
    realms = {realm.name: realm for realm in load_realms(folder / "realms.toml").realms}
    states = {
        (name, key.key_id): (key.state.value, key.retired_at and key.retired_at.year)
        for name, realm in realms.items()
        for key in realm.keys
    }
    assert states == {
        ("enterprise", "ent-2024"): ("retired", 2026),
        ("enterprise", "ent-2026"): ("active", None),
        ("consumer", "con-2016"): ("retired", 2021),
        ("consumer", "con-2026"): ("active", None),
    }
    assert set(realms["consumer"].tenants) == {CONSUMER_TENANT, story.cast.consumer.domain}
    assert set(realms["enterprise"].tenants) == {
        story.cast.premium.tenant,
        story.cast.standard.tenant,
        story.cast.enterprise.domain,
    }


def test_the_roster_names_every_mailbox_once(folder: Path) -> None:
    """All four organisations are on it, with those whose audit does not exist, and never a mailbox as contact."""
    story = tell(41)
    everyone = [
        (person.upn, org.tenant)
        for org in (story.cast.premium, story.cast.standard, story.cast.enterprise, story.cast.consumer)
        for person in org.everyone
    ]
    entries = read_roster(folder / "roster.csv")
    assert [(entry.mailbox, entry.tenant) for entry in entries] == everyone
    assert {entry.contact for entry in entries}.isdisjoint(mailbox for mailbox, _ in everyone)


def test_declarations_speak_for_both_issuers(folder: Path) -> None:
    """Each issuer's log is declared complete to the end of the fortnight, the enterprise's from over ninety days before."""
    story = tell(41)
    found = {one.tenant: one for one in read_declarations(folder / "declare.toml", ("oidc.issued",))}
    enterprise, consumer = story.institute.enterprise, story.institute.consumer
    assert set(found) == {enterprise.issuer, consumer.issuer}
    assert {one.ends for one in found.values()} == {story.cast.day(14)}
    assert found[consumer.issuer].begins == story.cast.day(0)
    assert (story.cast.day(7) - found[enterprise.issuer].begins).days > 90


def test_indicators_are_windowed_and_all_of_a_kind_logs_can_show(folder: Path) -> None:
    """Three addresses and a user agent, each with its window; none is skipped."""
    indicators = read_indicators([folder / "indicators.json"])
    assert indicators.skipped == ()
    assert sorted(one.kind for one in indicators.given) == ["ip", "ip", "ip", "user_agent"]
    assert all(one.windowed for one in indicators.given)
