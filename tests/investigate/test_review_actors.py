"""What may be said of an actor's last success and of attempts after it, and to whom an attempt is counted."""

from datetime import timedelta
from pathlib import Path

from judging import judged
from test_judgement import BEGIN, HOUR, realms, used

from counterseal.core.engine.duckdb import rows
from counterseal.investigate.judgement import Grounds
from counterseal.investigate.summary import when
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


def test_attempts_after_the_last_success_are_those_after_the_last_of_all(tmp_path: Path) -> None:
    """Two actors: what the first tried before the second's last success is not after it."""
    day = timedelta(days=1)
    first = used("first", "x", key_id="c1", client_ip="203.0.113.1")
    tried = [
        used(
            f"try{n}", f"t{n}", key_id="c1", outcome="refused", client_ip="203.0.113.1", time=BEGIN + n * day
        )
        for n in (1, 4)
    ]
    second = used("second", "y", "b@corp.example", key_id="o1", client_ip="203.0.113.2", time=BEGIN + 3 * day)
    other = (Realm("other", keys=(Key("o1", ("o1",), KeyState.ACTIVE),)),)
    grounds = Grounds(realms=Realms((*realms().realms, *other)))
    with judged(tmp_path, [first, second, *tried], [], grounds=grounds) as con:
        assert rows(con, "select actor, attempts_after from actors order by actor") == [("A1", 2), ("A2", 0)]
        found = when(con)
        assert (found["last_success"], found["attempts_after"]) == ((BEGIN + 3 * day).isoformat(), 1)


def test_one_actor_whose_refusals_no_log_shows_leaves_the_case_open(tmp_path: Path) -> None:
    """The attempts of the one whose log shows refusals do not stand for the other."""
    first = used("first", "x", key_id="c1", client_ip="203.0.113.1")
    tried = used("try", "t", key_id="c1", outcome="refused", client_ip="203.0.113.1", time=BEGIN + 9 * HOUR)
    second = used(
        "second", "y", "b@corp.example", key_id="o1", client_ip="203.0.113.2", stream="dovecot.mail"
    )
    other = (Realm("other", keys=(Key("o1", ("o1",), KeyState.ACTIVE),)),)
    grounds = Grounds(realms=Realms((*realms().realms, *other)))
    with judged(tmp_path, [first, second, tried], [], grounds=grounds) as con:
        assert sorted(rows(con, "select attempts_after from actors"), key=str) == [(1,), (None,)]
        assert when(con)["attempts_after"] is None
