"""The statements leal sends, as it sends them: the reference sides repeat what is recorded here."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any, TypeAlias

import asyncpg
import msgspec

from bench.samples import BenchFailed
from bench.world import World, desk_on
from leal.domain.rewards.redeeming import Redemption
from leal.domain.rewards.terms import RewardKind
from leal.usecases import customers, points, rewards
from leal.usecases.desk import Desk

POINTS = 5
REASON = "Thank you for your patience"
REWARD_ID = 1
REWARD_KIND = RewardKind.CART_DISCOUNT_VOUCHER

# What a session of leal has set; a reference session must not be spared the cost of any.
_SETTINGS = ("jit", "statement_timeout", "TimeZone")


Argument: TypeAlias = date | bool | int | str | None


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """An argument of a statement: a date, or what JSON knows."""

    day: date | None = None
    plain: bool | int | str | None = None

    @property
    def argument(self) -> Argument:
        """As the driver takes it."""
        return self.plain if self.day is None else self.day

    @property
    def text(self) -> str | None:
        """As PostgreSQL reads it."""
        return None if self.argument is None else str(self.argument)


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with the arguments of one execution, and the settings of its session."""

    sql: str
    values: tuple[Value, ...]
    settings: dict[str, str]


async def record_get(world: World) -> Statement:
    """Read the first customer, and return the one statement that took."""
    merchant_id = world.slices(1)[0][0]
    sent = await _recorded(world, lambda desk: customers.get(desk, world.ask, merchant_id))
    return _expect(sent, 1)[0]


async def record_award(world: World) -> tuple[Statement, Statement]:
    """Award points to the first customer, really, and return the load and the save."""
    merchant_id = world.slices(1)[0][0]
    sent = await _recorded(world, lambda desk: award(desk, world, merchant_id))
    load, save = _expect(sent, 2)
    return load, save


async def record_redemption(world: World) -> tuple[Statement, Statement]:
    """Redeem for the first customer, really, and return the load and the save."""
    merchant_id = world.slices(1)[0][0]
    sent = await _recorded(world, lambda desk: redeem(desk, world, merchant_id))
    load, save = _expect(sent, 2)
    return load, save


async def award(desk: Desk, world: World, merchant_id: str) -> None:
    """Gives points."""
    await points.add(desk, world.ask, merchant_id, points=POINTS, reason=REASON)


async def redeem(desk: Desk, world: World, merchant_id: str) -> None:
    """Buys the first reward, a voucher with a code of its own."""
    wanted = Redemption(reward_id=REWARD_ID, kind=REWARD_KIND)
    await rewards.claim(desk, world.ask, merchant_id, wanted=wanted)


async def _recorded(
    world: World, work: Callable[[Desk], Awaitable[object]]
) -> tuple[Statement, ...]:
    """Do the work twice: the first time, leal also reads the program, once for all."""
    sent: list[tuple[str, Sequence[Argument]]] = []

    def listen(connection: asyncpg.Connection) -> None:
        def note(record: Any) -> None:
            sent.append((record.query, record.args))

        connection.add_query_logger(note)

    async with desk_on(world, on_connection=listen) as desk:
        await work(desk)
        await asyncio.sleep(0)  # the driver tells its listeners a moment later
        sent.clear()
        await work(desk)
        await asyncio.sleep(0)
        statements = tuple(sent)
        settings = {
            name: str(await desk.database.value("SELECT current_setting($1)", name))
            for name in _SETTINGS
        }
    return tuple(
        Statement(sql=sql, values=tuple(map(_value, args)), settings=settings)
        for sql, args in statements
    )


def _value(argument: Argument) -> Value:
    return Value(day=argument) if isinstance(argument, date) else Value(plain=argument)


def _expect(sent: tuple[Statement, ...], count: int) -> tuple[Statement, ...]:
    if len(sent) != count:
        raise BenchFailed(f"leal sent {len(sent)} statements where {count} were expected")
    return sent
