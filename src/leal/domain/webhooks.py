"""When a receiver is tried again, and when it is not tried any more.

A receiver that fails is tried thirty times, ever more rarely, over more than three days; then it is
paused, never forgotten. Pauses are the receiver's: while it fails, one message finds out for all.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

ALERT_AFTER: Final = 5
"""After so many failures in a row somebody is told."""

PAUSE_AFTER: Final = 30
"""After so many failures in a row a webhook is paused, and a message is given up that no other
message shares its failures with."""

FAILING: Final = "webhooks/failing"
PAUSED: Final = "webhooks/paused"

_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(hours=6)
_LONGEST_WISH: Final = timedelta(hours=24)
_GONE: Final = 410
_DOUBLINGS: Final = 13


class WebhookState(StrEnum):
    """Whether a webhook is told of events."""

    ACTIVE = "active"
    PAUSED = "paused"
    DELETED = "deleted"


class DeliveryState(StrEnum):
    """How a delivery stands; those of a paused webhook wait until it is resumed."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """What follows a failed try: counts in a row, the pause, and why the webhook is paused."""

    of_webhook: int
    of_delivery: int
    pause: timedelta
    paused_because: str | None
    is_given_up: bool

    @property
    def alerts(self) -> bool:
        """Whether somebody is to be told now."""
        return self.of_webhook == ALERT_AFTER


def pause_after(failures: int, *, chance: float, wish_seconds: int | None = None) -> timedelta:
    """How long to wait after so many failures in a row: 5 s, doubled each time, to six hours.

    `chance` of 0 to 1 makes it a fifth more or less, so that what failed together does not come
    back together. A receiver's own wish is heeded when it is longer, up to a day.
    """
    doubled = _FIRST_PAUSE * (1 << min(failures - 1, _DOUBLINGS))
    pause = min(doubled, _LONGEST_PAUSE) * (0.8 + 0.4 * chance)
    if wish_seconds is None:
        return pause
    return max(pause, min(timedelta(seconds=wish_seconds), _LONGEST_WISH))


def fail(
    *, webhook: int, delivery: int, status: int | None, chance: float, wish_seconds: int | None
) -> Failures:
    """Counts one more failure of a webhook and of a delivery that had so many."""
    of_webhook, of_delivery = webhook + 1, delivery + 1
    because = None
    if status == _GONE:
        because = "The receiver answered 410: it does not want to be told any more"
    elif of_webhook >= PAUSE_AFTER:
        because = f"{of_webhook} tries failed one after another"
    return Failures(
        of_webhook=of_webhook,
        of_delivery=of_delivery,
        pause=pause_after(of_webhook, chance=chance, wish_seconds=wish_seconds),
        paused_because=because,
        is_given_up=because is None and of_delivery >= PAUSE_AFTER,
    )


def delivery_pause(failures: int, *, chance: float) -> timedelta:
    """How long one message waits after so many failures of its own, when others are accepted."""
    return pause_after(failures, chance=chance)
