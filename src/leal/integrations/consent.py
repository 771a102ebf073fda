"""Who keeps marketing consent: an interface, and leal itself as the built-in keeper."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NotSubscribed:
    """The keeper could not subscribe the customer; `reason` is for the shop's developers."""

    reason: str


class ConsentKeeper(Protocol):
    """A place where consent is kept, such as the shop platform."""

    async def subscribe(
        self, *, program_id: int, merchant_id: str, email: str | None
    ) -> NotSubscribed | None:
        """Subscribes a customer to marketing by e-mail; repeating it changes nothing.

        Returns None when the customer is subscribed now.
        """
        ...


class LocalConsent:
    """leal keeps the consent itself, on the customer: there is nobody else to tell."""

    async def subscribe(
        self, *, program_id: int, merchant_id: str, email: str | None
    ) -> NotSubscribed | None:
        """Agrees, provided there is an address to subscribe."""
        if email is None:
            return NotSubscribed(
                f"customer {merchant_id} of program {program_id} has no e-mail address"
            )
        return None


class RefusingConsent:
    """A keeper that refuses everyone, to see how a shop copes."""

    async def subscribe(
        self, *, program_id: int, merchant_id: str, email: str | None
    ) -> NotSubscribed | None:
        """Refuses."""
        return NotSubscribed(f"refused {email or merchant_id} in program {program_id}")
