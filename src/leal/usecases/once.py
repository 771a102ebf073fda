"""The run of a request that must have one effect however often it is sent.

All of it happens in one transaction, together with the answer that is kept. A run that has to go
outside, to a shop's server, first commits what it has set aside, and notes that in the same commit:
whoever comes after a crash finishes from there instead of beginning anew.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from leal.domain.problems import KeyInUse
from leal.storage import idempotency
from leal.storage.db import Bound, Database
from leal.storage.idempotency import Answer, RequestKey
from leal.usecases.programs import Programs


class Overtaken(Exception):  # noqa: N818 - said to ourselves: look the key up once more
    """Another run of the same request was first; nothing of this one remains."""


@dataclass(slots=True, kw_only=True)
class Once:
    """One run. `bound` is its transaction; `database` and `programs` are everybody's.

    `reserved` is what a run before this one, cut short, had set aside: whoever sees it finishes
    that. `is_noted` tells whether anything of the run is committed before its end.
    """

    asked: RequestKey
    run_id: UUID
    bound: Bound
    database: Database
    programs: Programs
    reserved: int | None = None
    is_noted: bool = False
    _customer_ids: set[int] = field(default_factory=set)

    def concerns(self, customer_id: int) -> None:
        """The answer may tell of this customer: it is to be erased with them."""
        self._customer_ids.add(customer_id)

    async def let_go(self, reserved: int | None, *, now: datetime) -> None:
        """Commits what was done so far, and holds no connection until `go_on`.

        Raises Overtaken.
        """
        if not await idempotency.let_go(
            self.bound, self.asked, run_id=self.run_id, reserved=reserved, now=now
        ):
            raise Overtaken
        await self.bound.commit()
        self.is_noted = True

    async def go_on(self) -> None:
        """Opens the transaction of what follows. Raises KeyInUse when others took the run over."""
        await self.bound.begin()
        if not await idempotency.go_on(self.bound, self.asked, run_id=self.run_id):
            raise KeyInUse

    async def finish(self, answer: Answer, *, now: datetime) -> None:
        """Keeps the answer and commits it with all that was done. Raises Overtaken."""
        if not await idempotency.keep(
            self.bound,
            self.asked,
            answer,
            run_id=self.run_id,
            customer_ids=tuple(sorted(self._customer_ids)),
            now=now,
        ):
            raise Overtaken
        await self.bound.commit()

    async def give_up(self, *, now: datetime) -> None:
        """After a failure: undoes what is not committed, and lets the next run come at once."""
        await self.bound.undo()
        if self.is_noted:
            await idempotency.give_up(self.database, self.asked, run_id=self.run_id, now=now)
