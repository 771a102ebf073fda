"""The demo: a program whose customers live a year through the use cases everyone else calls.

Nothing is written beside the engine; only the clock is moved and the randomness is fixed, so the
year is the same each time, apart from when it was. It ends this morning.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Final, assert_never

from leal.domain import enrolment
from leal.domain.refusals import InsufficientPoints
from leal.domain.rewards.redeeming import Redemption
from leal.domain.sites import Channel
from leal.storage import credentials
from leal.storage.db import Database
from leal.storage.programs import list_programs
from leal.usecases import customers, points, rewards
from leal.usecases.access import NewKey, Scope, create_key
from leal.usecases.customers import FullName
from leal.usecases.demo_year import (
    DAYS,
    LEAD,
    Block,
    Introduce,
    Lose,
    Receive,
    Spend,
    Step,
    Subscribe,
    TellBirthday,
    Visit,
    plan,
)
from leal.usecases.desk import Ask, Desk
from leal.usecases.programs import Publisher

KEY_NAME: Final = "demo"
"""The name of the demo's API key. It is made last, so a program that has it is complete."""

AT_ONCE: Final = 3
"""How many customers do something at the same time: enough that two processors are never idle."""

_AUTHOR: Final = "leal demo"

Progress = Callable[[int, int], None]


def unwatched(_done: int, _total: int) -> None:
    """Progress nobody looks at."""


async def find(database: Database) -> int | None:
    """Find the demo's program, if its history was finished; the newest of several."""
    for program in reversed(await list_programs(database)):
        keys = await credentials.list_keys(database, program.program_id)
        if any(key.name == KEY_NAME for key in keys):
            return program.program_id
    return None


async def renew_key(
    database: Database, program_id: int, *, fresh: Callable[[int], str], now: datetime
) -> tuple[NewKey, int]:
    """Make a key that may do everything, and revoke the earlier ones of the demo.

    Returns the key and how many were revoked.
    """
    earlier = [
        key.key_id
        for key in await credentials.list_keys(database, program_id)
        if key.name == KEY_NAME and key.revoked_at is None
    ]
    made = await create_key(database, program_id, name=KEY_NAME, scopes=Scope, fresh=fresh, now=now)
    for key_id in earlier:
        await credentials.revoke_key(database, program_id, key_id, now=now)
    return made, len(earlier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the year is played on. `document` is the program, `now` the moment it ends before."""

    desk: Desk
    publisher: Publisher
    document: Mapping[str, object]
    now: datetime


async def play(stage: Stage, *, people: int, progress: Progress = unwatched) -> int:
    """Make a program and let so many customers live their year; returns the program's id.

    The shop is there two weeks before the program opens to everyone: who looks in then, and does
    not come back, stays a guest.
    """
    opening = _morning(stage.now) - timedelta(days=DAYS)
    steps = plan(people)
    before = [step for step in steps if step.after < timedelta()]
    closed = {**stage.document, "enrolment": {"mode": "manual"}}
    made = await stage.publisher.create(closed, author=_AUTHOR, now=opening - LEAD)
    program_id = made.published.id
    year = _Year(
        stage=stage,
        program_id=program_id,
        opening=opening,
        urls={site.id: site.url for site in made.published.program.sites},
    )
    await _live(year, before, lambda done: progress(done, len(steps)))
    await stage.publisher.publish(program_id, stage.document, author=_AUTHOR, now=opening)
    await _live(year, steps[len(before) :], lambda done: progress(len(before) + done, len(steps)))
    return program_id


def _morning(now: datetime) -> datetime:
    return datetime(now.year, now.month, now.day, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Year:
    stage: Stage
    program_id: int
    opening: datetime
    urls: Mapping[int, str]


async def _live(year: _Year, steps: Sequence[Step], progress: Callable[[int], None]) -> None:
    """Steps begin in the order of time; those of one person wait for one another.

    New customers enter one after the other, so they get the same ids every time.
    """
    turns: dict[int, asyncio.Lock] = {}
    door = asyncio.Lock()
    upcoming = iter(steps)
    done = count(1)

    async def some() -> None:
        for step in upcoming:
            enters = step.person.number not in turns
            turn = turns.setdefault(step.person.number, asyncio.Lock())
            async with turn, door if enters else nullcontext():
                await _do(year, step)
            progress(next(done))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(some())


async def _do(year: _Year, step: Step) -> None:
    person, deed = step.person, step.deed
    desk, who = _desk_at(year, step), person.merchant_id
    ask = Ask(program_id=year.program_id, site_id=person.site_id)
    match deed:
        case Visit(channel, page):
            page_url = f"{year.urls[person.site_id]}{page}" if page else None
            visit = enrolment.Visit(email=person.email, page_url=page_url)
            await customers.initialize_session(
                desk, replace(ask, channel=channel), merchant_id=who, visit=visit
            )
        case Introduce():
            name = FullName(first=person.first_name, last=person.last_name)
            await customers.update(desk, ask, who, name=name)
        case Subscribe():
            await customers.subscribe_to_email(desk, ask, who)
        case TellBirthday(month, day, born):
            await customers.set_birthday(desk, ask, who, month=month, day=day, year=born)
        case Spend(reward_id):
            # whoever has too few points keeps them
            with suppress(InsufficientPoints):
                await rewards.claim(desk, ask, who, wanted=Redemption(reward_id=reward_id))
        case Receive() | Lose() | Block():
            await _by_staff(desk, replace(ask, channel=Channel.POS), who, deed=deed)
        case _:
            assert_never(deed)


async def _by_staff(desk: Desk, ask: Ask, who: str, *, deed: Receive | Lose | Block) -> None:
    match deed:
        case Receive(amount, reason):
            await points.add(desk, ask, who, points=amount, reason=reason)
        case Lose(amount, reason):
            await points.remove(desk, ask, who, points=amount, reason=reason)
        case Block():
            await customers.update(desk, ask, who, blocked=True)
        case _:
            assert_never(deed)


def _desk_at(year: _Year, step: Step) -> Desk:
    now = year.opening + step.after
    seed = f"{step.person.merchant_id}/{step.after}".encode()
    return replace(year.stage.desk, clock=lambda: now, entropy=lambda: sha256(seed).digest())
