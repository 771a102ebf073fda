"""The reasons for which the engine says no: facts only, no text and no status.

Each dialect translates them into its own code, status and message; a house test fails when a
dialect forgets one.
"""

from dataclasses import dataclass


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """The request is well formed and understood, and the program's rules forbid it."""


class CustomerBlocked(Refusal):
    """The customer was blocked from the program by the merchant."""


class CustomerNotEnrolled(Refusal):
    """The customer is a guest: only members may do this."""


class EmailAlreadyInUse(Refusal):
    """Another customer of the program has this e-mail address."""


@dataclass(frozen=True)
class InvalidDate(Refusal):
    """The date does not exist, or lies in the future."""

    month: int
    day: int
    year: int


class UnsupportedPlatform(Refusal):
    """The site has no provider that could record marketing consent."""


@dataclass(frozen=True)
class SubscriptionFailed(Refusal):
    """The consent provider could not subscribe the customer; `reason` is the provider's."""

    reason: str


class RewardAlreadyGiven(Refusal):
    """What the activity earned was a reward, given at once: it is refunded, not declined."""


@dataclass(frozen=True)
class BalanceOutOfRange(Refusal):
    """The change would carry a balance beyond ±(2^53-1), which JSON clients cannot hold."""

    points: int
