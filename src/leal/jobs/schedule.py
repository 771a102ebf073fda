"""Which jobs there are and when: every minute one for each program and kind of work.

A job that still waits or runs is not made a second time. A backlog of approvals is divided into
parts, so that several workers can share it.
"""

from datetime import timedelta
from typing import Final

import msgspec
from msgspec import structs
from pgqueuer.adapters.persistence.queries import Queries

from leal.storage import jobs
from leal.storage.programs import list_programs
from leal.usecases.approvals import PARTS, TURN, WHOLE, is_backlog
from leal.usecases.desk import Desk
from leal.usecases.due import Kind

TIDYING: Final = "leal_tidying"
WORK: Final = "leal_work"

EVERY_MINUTE: Final = "* * * * *"
EVERY_HOUR: Final = "17 * * * *"

_TOGETHER = 1_000
_LOG_KEPT = timedelta(days=1)
_LOG_BATCH = 10_000


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of work in one program, or one `part` of it: its number, of how many.

    `again`: it goes on with what a job before it left, so that others had their turn.
    """

    program_id: int
    kind: Kind
    part: tuple[int, int] = WHOLE
    again: bool = False

    @property
    def key(self) -> str:
        """There is at most one job with a key at a time; one that goes on follows one that ends."""
        return f"{self.kind}:{self.program_id}:{self.part[0]}" + (":again" if self.again else "")

    def after(self, done: int) -> "Job | None":
        """The job that goes on after this one did so much; None when nothing is left."""
        if self.kind is not Kind.APPROVALS or done < TURN:
            return None
        return structs.replace(self, again=not self.again)


async def make_round(desk: Desk, queries: Queries) -> int:
    """Puts a job for each program and kind into the queue; returns how many are new."""
    wanted: list[Job] = []
    for program in await list_programs(desk.database):
        wanted.extend(await _jobs_of(desk, program.program_id))
    new = 0
    for start in range(0, len(wanted), _TOGETHER):
        new += await put(queries, wanted[start : start + _TOGETHER])
    return new


async def put(queries: Queries, wanted: list[Job]) -> int:
    """Puts jobs into the queue that are not there yet; returns how many."""
    ids = await queries.enqueue(
        [WORK] * len(wanted),
        [msgspec.json.encode(job) for job in wanted],
        [0] * len(wanted),
        dedupe_key=[job.key for job in wanted],
        on_conflict="skip",
    )
    return sum(each is not None for each in ids)


async def tidy(desk: Desk) -> None:
    """Forgets what the queue's log says of yesterday and before."""
    while await jobs.tidy_log(desk.database, older_than=_LOG_KEPT, limit=_LOG_BATCH) == _LOG_BATCH:
        pass


async def _jobs_of(desk: Desk, program_id: int) -> list[Job]:
    found = [Job(program_id=program_id, kind=kind) for kind in Kind]
    if await is_backlog(desk, program_id):
        found += [
            Job(program_id=program_id, kind=Kind.APPROVALS, part=(number, PARTS))
            for number in range(PARTS)
        ]
        found.remove(Job(program_id=program_id, kind=Kind.APPROVALS))
    return found
