"""Pending points whose day has come become spendable."""

from collections.abc import Iterable, Sequence

from leal.domain.awards import approve
from leal.domain.change import Change, begin
from leal.domain.problems import DatabaseAway
from leal.domain.scene import Scene
from leal.storage import due
from leal.storage.customers import Loaded, Wanted
from leal.usecases.batches import AT_ONCE, BATCH, BEGINNING, Tally
from leal.usecases.desk import Ask, Desk, change, change_together, known, scene_now

PARTS = 4
"""So many parts a backlog is divided into, by customer; each is one worker's at a time."""

WHOLE = (0, 1)
"""The one part of work that is not divided: its number, of how many."""

TURN = 10 * BATCH
"""So many awards are approved at a stretch, then it is the turn of others who wait."""

_ROWS_OF_ONE_LOAD = 200
_TOGETHER = 16
"""So many customers are saved in one statement: a commit and a round trip for all of them."""


async def approve_all(
    desk: Desk, program_id: int, *, part: tuple[int, int] = WHOLE, at_once: int = AT_ONCE
) -> int:
    """Approves what is due, of one part of the program's customers; returns how many awards.

    Stops after TURN of them. Raises WorkFailed when some failed.
    """
    tally, after = Tally(at_once=at_once), BEGINNING
    until = (await scene_now(desk, Ask(program_id=program_id))).now
    while tally.done < TURN:
        batch = await due.list_awards(
            desk.database, program_id, until=until, after=after, part=part, limit=BATCH
        )
        if not batch:
            break
        await _approve_each(desk, program_id, {each.customer_id for each in batch}, tally=tally)
        after = batch[-1].key
    return tally.outcome()


async def approve_due(desk: Desk, program_id: int, customer_id: int) -> int:
    """Approves what is due of one customer, blocked or not; returns how many awards."""
    approved = 0
    while True:
        wanted = _wanted(desk, program_id, customer_id)
        outcome = await change(desk, Ask(program_id=program_id), wanted, decide=_approved)
        moved = len(outcome.change.changed_history) if outcome.change else 0
        approved += moved
        if moved < _ROWS_OF_ONE_LOAD:
            return approved


async def _approve_each(
    desk: Desk, program_id: int, customer_ids: Iterable[int], *, tally: Tally
) -> None:
    """Approves some customers together at a time, and alone whomever that did not do for."""
    alone: list[int] = []

    async def approve_some(some: Sequence[int]) -> int:
        changes = await _approved_together(desk, program_id, some)
        approved = 0
        for customer_id, done in zip(some, changes, strict=True):
            moved = _ROWS_OF_ONE_LOAD if done is None else len(done.changed_history)
            approved += 0 if done is None else moved
            if moved >= _ROWS_OF_ONE_LOAD:
                alone.append(customer_id)
        return approved

    in_order = sorted(customer_ids)
    parts = [in_order[at : at + _TOGETHER] for at in range(0, len(in_order), _TOGETHER)]
    await tally.each(parts, approve_some)
    await tally.each(alone, lambda customer_id: approve_due(desk, program_id, customer_id))


async def _approved_together(
    desk: Desk, program_id: int, customer_ids: Sequence[int]
) -> tuple[Change | None, ...]:
    wanted = [_wanted(desk, program_id, customer_id) for customer_id in customer_ids]
    try:
        return await change_together(desk, Ask(program_id=program_id), wanted, decide=_approved)
    except DatabaseAway:
        raise
    except Exception:  # noqa: BLE001 - whoever it is that fails comes out when each is done alone
        return (None,) * len(customer_ids)


def _wanted(desk: Desk, program_id: int, customer_id: int) -> Wanted:
    return Wanted(customer_id=customer_id, due_before=desk.now(program_id))


def _approved(loaded: Loaded, scene: Scene) -> Change:
    decided = begin(known(loaded))
    for row in decided.account.rows:
        decided = approve(decided, scene, row)
    return decided


async def is_backlog(desk: Desk, program_id: int) -> bool:
    """Whether more is due than one worker should be left alone with."""
    until = desk.now(program_id)
    return await due.are_awards_many(desk.database, program_id, until=until, many=BATCH)
