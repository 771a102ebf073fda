"""Customers who turn out to be one: merging them, taking it back, and what was merged.

Both customers are changed in one transaction, their rows locked in the order of their ids: whoever
changes one of them meanwhile finds their own load stale, loads again, and finds the survivor.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from leal.domain import merging, unmerging
from leal.domain.customers import Account
from leal.domain.deeds import Fact, Subject
from leal.domain.merging import UNDO_WITHIN, CannotMerge
from leal.domain.problems import Busy, Missing
from leal.domain.program import TierPointsCount
from leal.domain.scene import Scene
from leal.storage import merges as stored
from leal.storage.customers import Wanted
from leal.storage.db import Runner
from leal.storage.merges import StoredMerge
from leal.storage.on_connection import GaveWay
from leal.usecases.audit import note
from leal.usecases.desk import Ask, Desk, known, load_settled, scene_now
from leal.usecases.whose import whose

_TRIES: Final = 5
_GIVE_WAY_SECONDS: Final = 0.1

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A merge; `undo_until` is how long it can be taken back, None when it cannot."""

    merge: StoredMerge
    undo_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Some of a customer's merges, the newest first; `more` tells of older ones."""

    merges: tuple[Merged, ...]
    more: bool


async def merge(desk: Desk, ask: Ask, merchant_id: str, *, other: Ask, other_id: str) -> Merged:
    """Merges the customer whom `other` asks for into the one of `merchant_id`.

    Raises Missing, BadRequest where several have an id, CannotMerge, CustomerBlocked,
    BalanceOutOfRange, Busy.
    """

    async def find() -> tuple[int, int]:
        survivor_id = await whose(desk, ask, merchant_id)
        merged_id = await whose(desk, other, other_id)
        if survivor_id == merged_id:
            why = "These are ids of one and the same customer: there is nothing to merge"
            raise CannotMerge("same_customer", why)
        return survivor_id, merged_id

    return await _together(desk, find, lambda on, pair: _merge(desk, on, ask, pair=pair))


async def undo(desk: Desk, ask: Ask, merchant_id: str, *, merge_id: int) -> Merged:
    """Takes a merge into a customer back. Raises Missing, BadRequest, CannotMerge, Busy."""

    async def find() -> StoredMerge:
        survivor_id = await whose(desk, ask, merchant_id)
        found = await stored.find_merge(desk.database, ask.program_id, merge_id)
        if found is None or found.answers != survivor_id:
            raise Missing("merge", "No merge into this customer has this id")
        return found

    return await _together(desk, find, lambda on, found: _undo(desk, on, ask, merge=found))


async def list_merges(
    desk: Desk, ask: Ask, merchant_id: str, *, before: int | None, limit: int
) -> Listed:
    """What was merged into a customer. Raises Missing, BadRequest."""
    customer_id = await whose(desk, ask, merchant_id)
    await scene_now(desk, ask)  # so that the program's own clock is known
    now = desk.now(ask.program_id)
    found = await stored.list_merges(
        desk.database, ask.program_id, customer_id, before=before, limit=limit + 1
    )
    return Listed(
        merges=tuple(_shown(each, now=now) for each in found[:limit]), more=len(found) > limit
    )


async def forget_all(desk: Desk, program_id: int) -> int:
    """Empties what was kept for undos whose time is over; returns of how many merges."""
    scene = await scene_now(desk, Ask(program_id=program_id))
    until = scene.now - UNDO_WITHIN
    return await stored.forget(desk.database, program_id, until=until)


async def _together(
    desk: Desk,
    find: Callable[[], Awaitable[_T]],
    act: Callable[[Runner, _T], Awaitable[Merged | None]],
) -> Merged:
    """Finds whom it is about and acts in one transaction, again until nobody came between."""
    for _ in range(_TRIES):
        found = await find()
        try:
            async with desk.database.transaction() as on:
                done = await act(on, found)
        except GaveWay:
            if desk.once is not None:
                raise  # all of the request is run again
            await asyncio.sleep(_GIVE_WAY_SECONDS)
            continue
        if done is not None:
            return done
    raise Busy


async def _merge(desk: Desk, on: Runner, ask: Ask, *, pair: tuple[int, int]) -> Merged | None:
    program_id = ask.program_id
    await stored.lock(on, program_id, sorted(pair))
    here = await _settled(desk, on, ask, customer_id=pair[0])
    there = await _settled(desk, on, ask, customer_id=pair[1])
    if here is None or there is None:
        return None
    (scene, survivor), (_, merged) = here, there
    merge_id = await stored.new_merge_id(on)
    decided = merging.merge(survivor, merged, scene, merge_id=merge_id)
    if not await stored.save(on, program_id, decided, now=scene.now):
        return None
    done = await _saved(on, program_id, merge_id, now=scene.now)
    await _note(desk, on, ask, merge=done.merge)
    return done


async def _undo(desk: Desk, on: Runner, ask: Ask, *, merge: StoredMerge) -> Merged | None:
    program_id, merge_id = ask.program_id, merge.merge_id
    await stored.lock(on, program_id, sorted((merge.survivor.id, merge.merged.id)))
    loaded = await _settled(desk, on, ask, customer_id=merge.answers)
    locked = await stored.find_merge(on, program_id, merge_id)
    if loaded is None or locked is None:
        return None
    scene, survivor = loaded
    _refuse_unless_open(locked, now=scene.now)
    traced = await stored.trace(
        on,
        program_id,
        merge_id,
        zone=scene.program.primary_site.timezone,
        total=scene.program.points.tier_points_count is TierPointsCount.TOTAL,
    )
    if traced is None:
        raise _too_late()
    decided = unmerging.undo(
        survivor, scene, kept=traced.kept, remains=traced.remains, merge_id=merge_id
    )
    if not await stored.save_undo(
        on, program_id, traced, merge_id=merge_id, undo=decided, now=scene.now
    ):
        return None
    await _note(desk, on, ask, merge=merge)
    return await _saved(on, program_id, merge_id, now=scene.now)


async def _settled(
    desk: Desk, on: Runner, ask: Ask, *, customer_id: int
) -> tuple[Scene, Account] | None:
    """A locked customer with what is overdue worked off; None to begin anew.

    That is when they were changed, or merged into somebody else, before they were locked.
    """
    wanted = Wanted(customer_id=customer_id, lots=True)
    settled = await load_settled(desk, on, ask=replace(ask, ids=None), wanted=wanted)
    if settled is None or known(settled[1]).customer.id != customer_id:
        return None
    return settled[0], known(settled[1])


def _refuse_unless_open(merge: StoredMerge, *, now: datetime) -> None:
    """Raises CannotMerge for a merge that cannot be taken back any more, or not yet."""
    if merge.undone_at is not None:
        raise CannotMerge("merge_already_undone", "This merge was taken back already")
    if merge.answers != merge.survivor.id:
        why = "The customer was merged into another one since. Undo that merge first"
        raise CannotMerge("survivor_merged_since", why)
    if not merge.is_kept or now >= merge.merged_at + UNDO_WITHIN:
        raise _too_late()


def _too_late() -> CannotMerge:
    why = f"A merge can be undone for {UNDO_WITHIN.days} days, and not after an erasure"
    return CannotMerge("too_late_to_undo", why)


async def _note(desk: Desk, on: Runner, ask: Ask, *, merge: StoredMerge) -> None:
    if desk.once is not None:
        desk.once.concerns(merge.survivor.id)
        desk.once.concerns(merge.merged.id)
    if ask.deed is not None:
        facts: dict[str, Fact] = {"merge_id": merge.merge_id, "merged_id": merge.merged.id}
        about = Subject.CUSTOMER, merge.survivor.id
        deed = replace(ask.deed, about=about[0], about_id=about[1], facts=facts)
        await note(on, ask.program_id, deed, now=desk.clock())


async def _saved(on: Runner, program_id: int, merge_id: int, *, now: datetime) -> Merged:
    saved = await stored.find_merge(on, program_id, merge_id)
    if saved is None:
        msg = f"merge {merge_id} of program {program_id} is gone"
        raise LookupError(msg)
    return _shown(saved, now=now)


def _shown(merge: StoredMerge, *, now: datetime) -> Merged:
    until = merge.merged_at + UNDO_WITHIN
    is_open = merge.undone_at is None and merge.is_kept and now < until
    return Merged(merge=merge, undo_until=until if is_open else None)
