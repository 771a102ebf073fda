"""What merchants owe the persons behind customers: telling all that is known, and forgetting it."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Final

from leal.domain.codes import referral_id
from leal.domain.deeds import Subject
from leal.domain.problems import Missing
from leal.storage import personal_data
from leal.storage.db import Runner
from leal.storage.holdings import HOLDINGS, Holding
from leal.storage.personal_data import Person
from leal.usecases.audit import note
from leal.usecases.desk import Ask, Desk
from leal.usecases.whose import whose

_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Who was erased, by leal's id, and how many rows of each table were changed for it."""

    customer_id: int
    erased_at: datetime
    rows: Mapping[str, int]


async def find(desk: Desk, ask: Ask, merchant_id: str) -> tuple[Person, ...]:
    """The customer with an id of the shop's, this or one that was linked, to be exported.

    Whoever was merged into them follows, being the same person.

    That somebody asked is noted for the audit log. Raises Missing, and BadRequest where several
    have the id.
    """
    async with desk.database.transaction() as on:
        persons = await _find(desk, ask, merchant_id, on=on)
        await _note(on, ask, persons[0])
    return persons


async def export(desk: Desk, persons: tuple[Person, ...]) -> AsyncIterator[bytes]:
    """All that is known of a person, a JSON document in pieces: a list of rows for each table.

    A piece is read when the one before was taken: of a customer who changes meanwhile, some lists
    may tell more than others.
    """
    yield b"{"
    for number, holding in enumerate(HOLDINGS):
        yield b'%s"%s":[' % (b"," if number else b"", holding.table.encode())
        is_first = True
        async for lines in _pages(desk, persons, holding):
            yield (b"" if is_first else b",") + ",".join(lines).encode()
            is_first = False
        yield b"]"
    yield b"}"


async def _pages(
    desk: Desk, persons: tuple[Person, ...], holding: Holding
) -> AsyncIterator[tuple[str, ...]]:
    for person in persons:
        skip = 0
        while lines := await personal_data.export_rows(
            desk.database, person, holding, skip=skip, limit=_PAGE
        ):
            yield lines
            skip += len(lines)
            if len(lines) < _PAGE:
                break


async def erase(desk: Desk, ask: Ask, merchant_id: str) -> Erased:
    """Forgets the person behind a customer, all at once; the ledger stays as it is.

    Raises Missing, and BadRequest where several have the id.

    Nobody finds the customer any more, and nothing is earned: whoever comes under the same id or
    address is somebody new.
    """
    async with desk.database.transaction() as on:
        persons = await _find(desk, ask, merchant_id, on=on)
        person, rows = persons[0], Counter[str]()
        for each in persons:
            rows.update(await personal_data.erase(on, each))
        await _note(on, ask, person)
    return Erased(customer_id=person.customer_id, erased_at=person.now, rows=rows)


async def _note(on: Runner, ask: Ask, person: Person) -> None:
    if ask.deed is not None:
        deed = replace(ask.deed, about=Subject.CUSTOMER, about_id=person.customer_id)
        await note(on, person.program_id, deed, now=person.now)


async def _find(desk: Desk, ask: Ask, merchant_id: str, *, on: Runner) -> tuple[Person, ...]:
    found = await personal_data.find_person(
        on,
        ask.program_id,
        await whose(desk, ask, merchant_id),
        new_link=referral_id(desk.entropy()),
        now=desk.now(ask.program_id),
    )
    if found is None:
        raise Missing("customer", "No customer with this merchant id")
    links = (referral_id(desk.entropy()) for _ in count())
    return found, *await personal_data.find_merged(on, found, new_links=links)
