"""Moving customers between tiers by hand, over HTTP."""

from dataclasses import dataclass, replace
from typing import Final

import msgspec

from leal.api.fields import Fields
from leal.api.http import Reply, json_response
from leal.api.json_body import parse_object, read_body
from leal.api.operations import Operation
from leal.api.own.audit import deed
from leal.api.own.requests import SITE_OF_ID, Call, Serve, about
from leal.api.own.views import Json, instant
from leal.domain.deeds import Action, Subject
from leal.domain.tiers import membership_of
from leal.usecases import tiers
from leal.usecases.access import Scope
from leal.usecases.desk import Desk, Outcome

MOVE_TIER: Final = Operation(
    name="customers.moveTier",
    method="POST",
    path="/leal/v1/customers/{merchant_id}/tier",
    summary="Moves a member into a tier by hand, or back to the one they have earned",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE_OF_ID,),
)


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on tiers with what serves it."""
    return ((MOVE_TIER, _Serves(desk).move),)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def move(self, call: Call) -> Reply:
        wanted = await _tier_wanted(call)
        concerning = Subject.CUSTOMER, None
        done = deed(call, Action.TIER_MOVED, about=concerning, facts={"tier_id": wanted})
        ask = replace(about(call), deed=done)
        outcome = await tiers.move(self.desk, ask, call.merchant_id, tier_id=wanted)
        return json_response(msgspec.json.encode({"tier_membership": _membership(outcome)}))


async def _tier_wanted(call: Call) -> int | None:
    """The body's `tier_id`; null, which has to be said, is for the tier that was earned."""
    body = parse_object(await read_body(call.request))
    fields = Fields(body)
    wanted = None
    if "tier_id" not in body or body["tier_id"] is not None:
        wanted = fields.integer("tier_id", minimum=1, maximum=2**31 - 1)
    fields.done()
    return wanted


def _membership(outcome: Outcome) -> Json | None:
    scene = outcome.scene
    stay = membership_of(outcome.account.customer, scene.program)
    if stay is None:
        return None
    tier = scene.program.tier(stay.tier_id)
    return {
        "tier_id": stay.tier_id,
        "name": tier.name.in_(scene.language) if tier else None,
        "started_at": instant(stay.started_at),
        "expires_at": instant(stay.expires_at),
        "manual": stay.manual,
    }
