"""Everything that time brings, kind by kind.

Each kind goes over what is due in bounded batches behind a cursor. Doing it twice, or in two
places at once, changes nothing more than doing it once: every step is a change of one customer,
decided from what is there and saved only if nobody came between. What fails for one customer is
tried again in the next round, and holds up nobody else.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import assert_never

from leal.usecases.approvals import WHOLE, approve_all
from leal.usecases.crediting import credit_all
from leal.usecases.desk import Desk
from leal.usecases.lapsing import lapse_all, warn_all
from leal.usecases.reports import add_up

_ROUNDS = 1_000


class Kind(StrEnum):
    """What time brings, in the order in which it is worked off."""

    PURCHASES = "purchases"
    APPROVALS = "approvals"
    EXPIRY = "expiry"
    NOTICES = "notices"
    REPORTS = "reports"


async def run(desk: Desk, kind: Kind, program_id: int, *, part: tuple[int, int] = WHOLE) -> int:
    """Works off one kind; returns how much was done. Raises WorkFailed when some of it failed.

    Only approvals can be divided into parts.
    """
    match kind:
        case Kind.PURCHASES:
            return await credit_all(desk, program_id)
        case Kind.APPROVALS:
            return await approve_all(desk, program_id, part=part)
        case Kind.EXPIRY:
            return await lapse_all(desk, program_id)
        case Kind.NOTICES:
            return await warn_all(desk, program_id)
        case Kind.REPORTS:
            return await add_up(desk, program_id)
        case _:
            assert_never(kind)


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
