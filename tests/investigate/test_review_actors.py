"""What may be said of an actor's last success and of attempts after it, and to whom an attempt is counted."""

from datetime import timedelta
from pathlib import Path

from judging import judged
from test_judgement import BEGIN, HOUR, realms, used

from counterseal.core.engine.duckdb import rows
from counterseal.investigate.judgement import Grounds
from counterseal.trust.realm import Key, KeyState, Realm, Realms


def test_refusals_in_another_stream_do_not_show_that_the_actor_was_kept_out(tmp_path: Path) -> None:
    """His own stream never logs a refusal: attempts after his last success are unknown, not none."""
    bad = used("bad", "x", key_id="c1")
    other = used(
        "other", "y", "b@corp.example", stream="dovecot.login", outcome="refused", client_ip="192.0.2.77"
    )
    with judged(tmp_path, [bad, other], [], grounds=Grounds(realms=realms())) as con:
        assert rows(con, "select attempts_after from actors") == [(None,)]


def test_refusals_of_others_in_his_stream_show_that_he_made_none(tmp_path: Path) -> None:
    """The log shows refusals, and none after his last success is his."""
    bad = used("bad", "x", key_id="c1")
    other = used("other", "y", "b@corp.example", outcome="refused", client_ip="192.0.2.77")
    with judged(tmp_path, [bad, other], [], grounds=Grounds(realms=realms())) as con:
        assert rows(con, "select attempts_after from actors") == [(0,)]


def test_an_attempt_that_two_actors_could_have_made_is_the_first_ones(tmp_path: Path) -> None:
    """Of A2 and A10 the number counts, not its spelling."""
    known = realms()
    others = tuple(
        Realm(f"realm{number}", keys=(Key(f"o{number}", (f"o{number}",), KeyState.ACTIVE),))
        for number in range(11)
    )
    uses = [
        used(f"u{number}", f"x{number}", f"v{number}@corp.example", key_id=f"o{number}",
             client_ip=f"203.0.113.{number}", time=BEGIN + number * HOUR)
        for number in range(11)
    ]  # fmt: skip
    attempt = used("late", "x9", "z@corp.example", outcome="refused", key_id="o1", client_ip="192.0.2.77",
                   time=BEGIN + timedelta(days=3))  # fmt: skip
    grounds = Grounds(realms=Realms((*known.realms, *others)))
    with judged(tmp_path, [*uses, attempt], [], grounds=grounds) as con:
        assert rows(con, "select actor from actor_of_attempt") == [("A2",)]
        assert rows(con, "select actor, attempts_after from actors where attempts_after > 0") == [("A2", 1)]
