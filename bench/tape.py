"""The statements leal sends, as it sends them: the reference sides repeat what is recorded here."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import asyncpg
import msgspec

from bench.world import World, desk_on
from leal.usecases import points

POINTS = 5
REASON = "Thank you for your patience"

# What a session of leal has set; a reference session must not be spared the cost of any.
_SETTINGS = ("application_name", "jit", "statement_timeout", "TimeZone")

Value = date | bool | int | str | None


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with the arguments of one execution, and the settings of its session."""

    sql: str
    values: tuple[Value, ...]
    server_settings: dict[str, str]


class Award(msgspec.Struct, frozen=True, kw_only=True):
    """The two statements of one award of points."""

    load: Statement
    save: Statement


async def record_award(world: World) -> Award:
    """Award points to the first customer, really, and return what was sent to the database."""
    sent: list[tuple[str, Sequence[Value]]] = []

    def listen(connection: asyncpg.Connection) -> None:
        def note(record: Any) -> None:
            sent.append((record.query, record.args))

        connection.add_query_logger(note)

    merchant_id = world.slices(1)[0][0]
    async with desk_on(world, on_connection=listen) as desk:
        await points.add(desk, world.ask, merchant_id, points=POINTS, reason=REASON)
        sent.clear()
        await points.add(desk, world.ask, merchant_id, points=POINTS, reason=REASON)
        statements = list(sent)
        settings = {
            name: str(await desk.database.value("SELECT current_setting($1)", name))
            for name in _SETTINGS
        }
    load, save = (
        Statement(sql=sql, values=tuple(values), server_settings=settings)
        for sql, values in statements
    )
    return Award(load=load, save=save)
