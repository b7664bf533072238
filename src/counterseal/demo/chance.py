"""Seeded chance: every number, identifier and choice of the synthetic incident comes from here."""

import base64
import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

Thing = TypeVar("Thing")


class Chance(random.Random):
    """A random source of one part of the story, so that a change in one part leaves the others alone."""

    @classmethod
    def of(cls, seed: int, part: str) -> "Chance":
        """The source of that part under that seed; equal arguments give equal numbers on every machine."""
        return cls(f"counterseal synthetic incident {seed} {part}")

    def guid(self) -> str:
        """A random GUID."""
        return str(uuid.UUID(int=self.getrandbits(128), version=4))

    def request_id(self) -> str:
        """A sign-in's request id: its last byte is 00, 01 or 02, as in every genuine one seen."""
        return self.guid()[:-2] + self.choice(("00", "01", "02"))

    def letters(self, size: int) -> str:
        """URL-safe random text, as token ids and session ids are made of."""
        return (
            base64.urlsafe_b64encode(self.randbytes(size)).decode()[:size].replace("-", "x").replace("_", "y")
        )

    def some(self, things: Sequence[Thing], low: int, high: int) -> list[Thing]:
        """Between `low` and `high` different ones of them, in their own order."""
        count = min(len(things), self.randint(low, high))
        return [things[place] for place in sorted(self.sample(range(len(things)), count))]

    def within(self, begin: datetime, span: timedelta) -> datetime:
        """A moment in the span after `begin`, whole milliseconds."""
        return begin + timedelta(milliseconds=int(self.random() * span.total_seconds() * 1000))


def unique_token_id(request_id: str) -> str:
    """Entra's token id of a sign-in: base64url of the request id's 16 bytes in .NET order.

    Source: Microsoft, "Track and investigate identity activities with linkable identifiers"; AzureAD/MSIdentityTools,
    ConvertFrom-MsIdUniqueTokenIdentifier.
    """
    return base64.urlsafe_b64encode(uuid.UUID(request_id).bytes_le).decode().rstrip("=")
