"""Proving that the books are right: every customer of every program, invariant by invariant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from leal.domain.problems import Missing
from leal.storage import verification as stored
from leal.storage.db import Database
from leal.storage.programs import list_programs
from leal.storage.verification import FIRST_ID, LAST_ID, Finding, Invariant

BATCH_CUSTOMERS: Final = 5_000
_BATCH_EVENTS: Final = 50_000

LISTED_VIOLATIONS: Final = 1_000
"""So many violations are kept with all they say; the rest are only counted."""

Found = tuple[tuple[Invariant, Finding], ...]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One invariant broken in one place; `program_id` is None when it concerns all programs."""

    invariant: Invariant
    program_id: int | None
    finding: Finding

    @property
    def what_next(self) -> str:
        """What the operator can do about it."""
        return WHAT_NEXT[self.invariant]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How many customers were checked, and what was found.

    `counts` has every violation of each invariant that was broken, `violations` the first
    LISTED_VIOLATIONS of all.
    """

    customers: int
    violations: tuple[Violation, ...]
    counts: Mapping[Invariant, int]

    @property
    def is_clean(self) -> bool:
        """True when nothing is wrong."""
        return not self.counts


def unwatched(_checked: int, _total: int) -> None:
    """Progress nobody looks at."""


async def verify(
    database: Database,
    *,
    program_id: int | None = None,
    progress: Progress = unwatched,
    batch_customers: int = BATCH_CUSTOMERS,
) -> Report:
    """Checks one program, or all; reads only, but for attempts to rewrite the ledger, undone.

    `progress` is told how many customers of how many have been checked. Raises Missing for an
    unknown program.
    """
    programs = await _chosen(database, program_id)
    total = sum([await stored.count_customers(database, each) for each in programs])
    notes = _Notes(progress=progress, total=total)
    progress(0, total)
    notes.add(None, await stored.find_rewriting(database))
    for each in programs:
        await _check_customers(database, each, notes, batch=batch_customers)
        await _check_events(database, each, notes)
    return notes.report()


WHAT_NEXT: Final[Mapping[Invariant, str]] = MappingProxyType(
    {
        Invariant.BALANCES: (
            "The ledger is right: find what wrote to the table customers beside leal, then set"
            " the three balances of these customers to what is expected"
        ),
        Invariant.LOTS: (
            "Look at the violations of balances and lot_moves of the same customers first: these"
            " follow from them. Without any, restore lots and transactions from one backup"
        ),
        Invariant.LOT_MOVES: (
            "The ledger is right: find what wrote to the table lots beside leal, then set the"
            " remaining points of these lots to what is expected"
        ),
        Invariant.OVERDRAWN: (
            "Points were spent that were not there: add points by hand if the customer keeps what"
            " they bought, and report it as a bug of leal with this line"
        ),
        Invariant.COUNTERS: (
            "Limits count with these numbers: set them to what the customer's history shows, and"
            " find what wrote to the table counters beside leal"
        ),
        Invariant.HISTORY_POSTED: (
            "The ledger is right: correct the points or the state of the history row, and find"
            " what wrote to the table history beside leal"
        ),
        Invariant.ENTRY_OF_HISTORY: (
            "A row of history was deleted or moved: restore the table history from a backup"
        ),
        Invariant.CUSTOMER_EXISTS: (
            "A customer was deleted beside leal: restore the row of customers from a backup"
        ),
        Invariant.EVENT_OF_CUSTOMER: (
            "A customer was deleted beside leal: restore the row of customers from a backup"
        ),
        Invariant.APPEND_ONLY: (
            "The trigger transactions_append_only is missing or off: create it again as the first"
            " migration does, and find out who may change the schema"
        ),
    }
)


class _Notes:
    """What a running check has seen so far."""

    def __init__(self, *, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._checked = 0
        self._violations: list[Violation] = []
        self._counts: dict[Invariant, int] = {}

    def checked(self, customers: int) -> None:
        """So many more are done. Some may have come since they were counted."""
        self._checked += customers
        self._total = max(self._total, self._checked)
        self._progress(self._checked, self._total)

    def add(self, program_id: int | None, found: Found) -> None:
        for invariant, finding in found:
            self._counts[invariant] = self._counts.get(invariant, 0) + 1
            if len(self._violations) < LISTED_VIOLATIONS:
                self._violations.append(
                    Violation(invariant=invariant, program_id=program_id, finding=finding)
                )

    def report(self) -> Report:
        return Report(
            customers=self._checked,
            violations=tuple(self._violations),
            counts=MappingProxyType(self._counts),
        )


async def _chosen(database: Database, program_id: int | None) -> tuple[int, ...]:
    ids = tuple(each.program_id for each in await list_programs(database))
    if program_id is None:
        return ids
    if program_id not in ids:
        raise Missing("program", f"there is no program {program_id}: see `leal program list`")
    return (program_id,)


async def _check_customers(
    database: Database, program_id: int, notes: _Notes, *, batch: int
) -> None:
    first = FIRST_ID
    while True:
        ids = await stored.next_customers(database, program_id, first=first, limit=batch)
        notes.add(program_id, await stored.find_by_customer(database, program_id, ids))
        notes.checked(ids.size)
        if ids.last == LAST_ID:
            return
        first = ids.last + 1


async def _check_events(database: Database, program_id: int, notes: _Notes) -> None:
    first = FIRST_ID
    while True:
        ids = await stored.next_events(database, program_id, first=first, limit=_BATCH_EVENTS)
        notes.add(program_id, await stored.find_by_event(database, program_id, ids))
        if ids.last == LAST_ID:
            return
        first = ids.last + 1
