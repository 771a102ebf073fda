"""The lots of two customers, put together and taken apart again."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from leal.domain.customers import Lot
from leal.domain.lots import Moves

Lots: TypeAlias = Mapping[datetime | None, int]
"""How much is in the lot of each end; None never ends."""


def redistributed(lots: Lots, total: int) -> dict[datetime | None, int]:
    """Lots that hold `total`, of such as were reckoned by themselves and may be short.

    What one is short of, and what is too much in all, is taken from those that end first; what is
    missing is put to the one that ends last.
    """
    left = {end: lots[end] for end in sorted(lots, key=_end) if lots[end] > 0}
    surplus = sum(left.values()) - total
    if surplus < 0:
        last = max(left, key=_end, default=None)
        left[last] = left.get(last, 0) - surplus
    for end in tuple(left):
        taken = min(left[end], max(0, surplus))
        left[end] -= taken
        surplus -= taken
    return {end: points for end, points in left.items() if points}


def in_lots(lots: Iterable[Lot]) -> dict[datetime | None, int]:
    """What lots hold, by their end."""
    return {lot.expires_at: lot.remaining for lot in lots if lot.remaining}


def as_lots(lots: Lots) -> tuple[Lot, ...]:
    """The same as values, the first to end first."""
    return tuple(Lot(expires_at=end, remaining=lots[end]) for end in sorted(lots, key=_end))


def added(one: Lots, other: Lots, *, sign: int = 1) -> dict[datetime | None, int]:
    """The sum of both, or with -1 the difference."""
    sums = {end: one.get(end, 0) + sign * other.get(end, 0) for end in {**one, **other}}
    return {end: points for end, points in sums.items() if points}


def moves(before: Lots, after: Lots) -> Moves:
    """What makes the lots after of those before, the first to end first."""
    changed = added(after, before, sign=-1)
    return tuple((end, changed[end]) for end in sorted(changed, key=_end))


def _end(end: datetime | None) -> datetime:
    return end or datetime.max.replace(tzinfo=UTC)
