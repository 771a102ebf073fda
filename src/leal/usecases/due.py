"""Everything that time brings, kind by kind.

Each kind goes over what is due in bounded batches behind a cursor. Doing it twice, or in two
places at once, changes nothing more than doing it once: every step is a change of one customer,
decided from what is there and saved only if nobody came between. What fails for one customer is
tried again in the next round, and holds up nobody else.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from leal.usecases import merging
from leal.usecases.announcements import announce_all
from leal.usecases.approvals import WHOLE, approve_all
from leal.usecases.claims import move_on_all
from leal.usecases.codes import warn_low
from leal.usecases.crediting import credit_all
from leal.usecases.days import (
    celebrate_birthdays,
    count_members,
    end_memberships,
    place_in_segments,
)
from leal.usecases.deliveries import work_off
from leal.usecases.desk import Desk
from leal.usecases.fulfilment_calls import call_all
from leal.usecases.idempotency import forget_all
from leal.usecases.lapsing import lapse_all, warn_all
from leal.usecases.reports import add_up
from leal.usecases.retention import clear_events
from leal.usecases.vouchers import settle_all

_ROUNDS = 1_000


class Kind(StrEnum):
    """What time brings, in the order in which it is worked off."""

    PURCHASES = "purchases"
    APPROVALS = "approvals"
    EXPIRY = "expiry"
    CLAIMS = "claims"
    VOUCHERS = "vouchers"
    FULFILMENTS = "fulfilments"
    TIERS = "tiers"
    BIRTHDAYS = "birthdays"
    SEGMENTS = "segments"
    MEMBERS = "members"
    NOTICES = "notices"
    ANNOUNCEMENTS = "announcements"
    REPORTS = "reports"
    POOLS = "pools"
    WEBHOOKS = "webhooks"
    IDEMPOTENCY = "idempotency"
    RETENTION = "retention"
    MERGES = "merges"


async def run(desk: Desk, kind: Kind, program_id: int, *, part: tuple[int, int] = WHOLE) -> int:
    """Works off one kind; returns how much was done. Raises WorkFailed when some of it failed.

    Only approvals can be divided into parts.
    """
    if kind is Kind.APPROVALS:
        return await approve_all(desk, program_id, part=part)
    return await _WORK[kind](desk, program_id)


async def run_until_nothing_is_due(desk: Desk, program_id: int) -> Mapping[Kind, int]:
    """Works off every kind until none has anything left; returns how much of each was done."""
    done = dict.fromkeys(Kind, 0)
    for _ in range(_ROUNDS):
        before = sum(done.values())
        for kind in Kind:
            done[kind] += await run(desk, kind, program_id)
        if sum(done.values()) == before:
            break
    return done


_WORK: Final[Mapping[Kind, Callable[[Desk, int], Awaitable[int]]]] = MappingProxyType(
    {
        Kind.PURCHASES: credit_all,
        Kind.EXPIRY: lapse_all,
        Kind.CLAIMS: move_on_all,
        Kind.VOUCHERS: settle_all,
        Kind.FULFILMENTS: call_all,
        Kind.TIERS: end_memberships,
        Kind.BIRTHDAYS: celebrate_birthdays,
        Kind.SEGMENTS: place_in_segments,
        Kind.MEMBERS: count_members,
        Kind.NOTICES: warn_all,
        Kind.ANNOUNCEMENTS: announce_all,
        Kind.REPORTS: add_up,
        Kind.POOLS: warn_low,
        Kind.WEBHOOKS: work_off,
        Kind.IDEMPOTENCY: forget_all,
        Kind.RETENTION: clear_events,
        Kind.MERGES: merging.forget_all,
    }
)
