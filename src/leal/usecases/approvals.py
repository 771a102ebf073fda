"""Pending points whose day has come become spendable."""

from leal.domain.awards import approve
from leal.domain.change import Change, begin
from leal.domain.scene import Scene
from leal.storage import due
from leal.storage.customers import Loaded, Wanted
from leal.usecases.batches import AT_ONCE, BATCH, BEGINNING, Tally
from leal.usecases.desk import Ask, Desk, change, known, scene_now

PARTS = 4
"""So many parts a backlog is divided into, by customer; each is one worker's at a time."""

WHOLE = (0, 1)
"""The one part of work that is not divided: its number, of how many."""

TURN = 10 * BATCH
"""So many awards are approved at a stretch, then it is the turn of others who wait."""

_ROWS_OF_ONE_LOAD = 200


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
        customer_ids = dict.fromkeys(each.customer_id for each in batch)
        await tally.each(customer_ids, lambda found: approve_due(desk, program_id, found))
        after = batch[-1].key
    return tally.outcome()


async def approve_due(desk: Desk, program_id: int, customer_id: int) -> int:
    """Approves what is due of one customer, blocked or not; returns how many awards."""
    approved = 0

    def decide(loaded: Loaded, scene: Scene) -> Change:
        decided = begin(known(loaded))
        for row in decided.account.rows:
            decided = approve(decided, scene, row)
        return decided

    while True:
        wanted = Wanted(customer_id=customer_id, due_before=desk.now(program_id))
        outcome = await change(desk, Ask(program_id=program_id), wanted, decide=decide)
        moved = len(outcome.change.changed_history) if outcome.change else 0
        approved += moved
        if moved < _ROWS_OF_ONE_LOAD:
            return approved


async def is_backlog(desk: Desk, program_id: int) -> bool:
    """Whether more is due than one worker should be left alone with."""
    until = desk.now(program_id)
    return await due.are_awards_many(desk.database, program_id, until=until, many=BATCH)
