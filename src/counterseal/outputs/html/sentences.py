"""The sentences of the first screen, each no stronger than the records it rests on.

A message is on record as served, never as read; what was synchronised is presumed taken; a bound that nobody knows
is said to be unknown, never shown as 0.
"""

from counterseal.core.manifest import Document
from counterseal.core.vocabulary import ACCUSING, Verdict


def counted(number: int, one: str, many: str | None = None) -> str:
    """'1 mailbox', '1,200 mailboxes'."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def bounds(least: int | None, most: int | None) -> str:
    """A count with its bounds."""
    if most is None:
        return f"at least {least:,}, no upper bound known" if least else "no bound known"
    if least is None:
        return f"at most {most:,}"
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def judged(summary: Document) -> str:
    """Which time was judged, and what lies outside it."""
    window = summary["window"]
    if not (window["since"] or window["until"]):
        return (
            f"all uses on record, {window['first']} to {window['last']}"
            if window["first"]
            else "no use is on record"
        )
    asked = " ".join(
        f"{word} {instant(window[name]).removesuffix(' 00:00:00')}"
        for name, word in (("since", "from"), ("until", "until"))
        if window[name]
    )
    outside = window["uses_outside"]
    left = f"{counted(outside, 'accepted use')} outside {'is' if outside == 1 else 'are'} not judged"
    return f"only uses {asked}; {left if outside else 'no accepted use lies outside'}"


def accused(summary: Document) -> int:
    """Accepted uses that are judged forged, stolen or unissued."""
    return sum(int(summary["verdicts"][verdict]) for verdict in ACCUSING)


def who(summary: Document) -> list[str]:
    """Whose mailboxes are concerned."""
    victims = summary["victims"]
    if victims["mailboxes"]:
        first = (
            f"{counted(victims['mailboxes'], 'mailbox', 'mailboxes')} of "
            f"{counted(victims['organisations'], 'organisation')} ({counted(victims['accounts'], 'account')}): "
            "at least one accepted use of a token there is judged forged, stolen or unissued."
        )
    elif uses := accused(summary):
        first = (
            f"{counted(uses, 'accepted use')} {'is' if uses == 1 else 'are'} judged forged, stolen or unissued; the "
            "records of them name no mailbox, so nobody's mailbox is counted as entered."
        )
    else:
        first = (
            "No accepted use in these records is judged forged, stolen or unissued. That is no promise beyond what "
            "the records cover."
        )
    rest = ", ".join(
        f"{summary[status]['mailboxes']:,} {words}"
        for status, words in (
            ("suspected", "suspected (suspicious uses only)"),
            ("undetermined", "undetermined (the records cannot decide)"),
            ("cleared", "cleared (every whole day of what was judged covered, and everything issued)"),
        )
    )
    named = "Other mailboxes" if victims["mailboxes"] else "Mailboxes"
    return [first, f"{named} named: {rest}.", f"Judged: {judged(summary)}."]


def what(summary: Document) -> list[str]:
    """What was taken, in the three degrees of certainty."""
    messages = summary["messages"]
    if not accused(summary) and not summary["verdicts"][Verdict.SUSPICIOUS]:
        return ["No message is attributed to an actor. Where nothing was recorded, nothing can be."]
    certain = messages["certain"]
    sentences = [f"{counted(certain, 'message')} {'is' if certain == 1 else 'are'} on record as served."]
    if suspected := messages.get("suspected"):
        sentences.append(
            f"{counted(suspected, 'more', 'more')} were served to uses that are only suspicious."
        )
    if messages["presumed_max"] == 0:
        sentences.append("Beyond those, none must be presumed taken by synchronisation or throttling.")
    else:
        presumed = bounds(messages["presumed_min"], messages["presumed_max"])
        sentences.append(f"Presumed taken (folder synchronised, or logging throttled): {presumed}.")
    if messages["possible_max"] == 0:
        sentences.append("No stretch is named in which more was within reach without a record.")
    else:
        possible = bounds(messages["possible_min"], messages["possible_max"])
        sentences.append(
            f"Possible, because there was access and no record says what was served: {possible}."
        )
    return sentences


def when(summary: Document) -> list[str]:
    """From when to when, and whether anything shows that access has ended."""
    seen = summary["when"]
    if not seen["first"]:
        return ["No accepted use is judged forged, stolen or unissued, so there is no first and no last."]
    sentences = [f"First {instant(seen['first'])}, last {instant(seen['last'])} UTC."]
    if seen["last_success"]:
        sentences.append(f"Last success {instant(seen['last_success'])} UTC.")
    after = seen["attempts_after"]
    if after is None:
        sentences.append(
            "The logs do not record refusals of every actor, so they cannot show that access has ended."
        )
    elif after:
        sentences.append(
            f"{counted(after, 'refused attempt')} after it {'is' if after == 1 else 'are'} on record."
        )
    else:
        sentences.append("No refused attempt follows it on record, so nothing shows that access has ended.")
    return sentences


def how_sure(summary: Document) -> list[str]:
    """What these logs can prove at most."""
    tier = summary["tier"]
    reached = (
        f"The worst verdict reached is “{tier['reached']}”." if accused(summary) else "No use was accused."
    )
    return [f"These logs can prove “{tier['ceiling']}” at most: {tier['because']}.", reached]


def instant(written: str) -> str:
    """An ISO instant as people read it."""
    return written.replace("T", " ").removesuffix("+00:00").removesuffix("Z")
