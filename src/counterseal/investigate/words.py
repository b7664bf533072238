"""Why the evidence cannot decide: every reason code of `unknown` and of missing coverage, in one sentence."""

UNKNOWN: dict[str, str] = {
    "no-identifier": "the record carries no token, session or issue time to reconcile by",
    "no-token": "a mail server's own session, in which no token is on record: a password, or a log-in that is missing",
    "unlinkable": "tokens of this class do not normally match an issuance record in these logs",
    "within-background": "unmatched, but no more often than tokens of this class are without any attack",
    "background-thin": "too few other tokens of this class to know how many normally match",
    "declaration-unmatched": "declared complete, but hardly any token of this issuer matches it: the join does not work here",
    "declaration-contradicted": "declared complete, but tokens of several people have no record although their other "
    "tokens from the same addresses do: the log has lost some",
    "issuer-cannot-say": "the issuer was asked, and answers that it cannot say whether it issued it",
    "in-rejected-record": "its id stands in a record of the evidence that could not be read",
    "not-exported": "the issuance stream that would show it is not in the evidence for that day",
    "edge": "issued on the first or last day of the export, which is not whole",
    "gap": "the issuance stream falls silent on that day",
    "truncated": "the export was cut short",
    "retention": "issued before the provider's retention begins",
    "lag": "issued so late that its record may not have arrived",
    "licence": "no record of message access in the mailbox: whether its licence keeps such records must be looked up",
    "audit-off": "the mailbox produced no message-access records at all",
    "throttled": "the provider stopped recording message access for 24 hours",
    "time-unreadable": "the record's time cannot be read",
    "mailbox-silent": "the mailbox has no record on days on which it usually has some, while the log goes on: its audit "
    "may be switched off",
    "outside-window": "outside --since and --until: on record, and not judged",
    "no-whole-day": "the records of its tenant cover no whole day of the window",
    "no-records": "no record in the window names the mailbox",
    "tenant-unknown": "the roster puts the mailbox in a tenant of which there is no record",
}


OF_STREAM: dict[str, str] = {
    "not-exported": "the evidence has no record of this stream on these days",
    "gap": "this stream falls silent on these days",
    "retention": "the provider's retention begins later",
}
"""The same reasons, said of a whole stream, of uses or issuances alike."""

OF_MAILBOX: dict[str, str] = {
    "not-exported": "the log that would show an access to it is not in the evidence for these days",
    "retention": "the provider's retention of the log that would show an access to it begins later",
    "gap": "the log that would show an access to it falls silent on these days",
    "edge": "the log that would show an access to it begins or ends inside the window, and that day is not whole",
}
"""The same reasons, said of a mailbox that nothing could show to have been read."""


def sentence(code: str) -> str:
    """The sentence of a code; an unknown code stands for itself."""
    return UNKNOWN.get(code, code)


def sentence_of_stream(code: str) -> str:
    """The sentence of a code that a stream's coverage carries."""
    return OF_STREAM.get(code, sentence(code))


def sentence_of_mailbox(code: str, blind: bool) -> str:
    """The sentence of a code that a mailbox carries.

    Args:
        code: the reason.
        blind: access to it could not have been seen; else its uses could not be decided.
    """
    return OF_MAILBOX.get(code, sentence(code)) if blind else sentence(code)
