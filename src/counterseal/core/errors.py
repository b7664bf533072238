"""Every error a user can meet.

CountersealError
├── UsageError        wrong arguments, an unreadable settings or input file of the user's
├── EvidenceError     nothing usable in the evidence
├── CaseError         the case folder cannot be used
└── TrustError        realms, keys or bundles that may not be trusted
"""


class CountersealError(Exception):
    """What went wrong, where, and what to do next.

    Args:
        what: one sentence without a full stop.
        where: the file, line or value concerned.
        next_step: what the user can do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, next_step: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        """Three aligned lines: error, where, next."""
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.next_step:
            lines.append(f"  next:  {self.next_step}")
        return "\n".join(lines)


class UsageError(CountersealError):
    """Wrong arguments, or an input file of the user's own that cannot be understood."""

    exit_code = 2


class EvidenceError(CountersealError):
    """Nothing here is known evidence."""

    exit_code = 3


class CaseError(CountersealError):
    """The case folder cannot be used as it is."""


class TrustError(CountersealError):
    """Realms, keys or bundles that may not be trusted."""

    exit_code = 2
