"""The route table of leal's own API: each operation, and the handler that serves it.

These are additions of leal: nothing here is part of the contracts that other clients know.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from starlette.requests import Request

from leal.api.gate import Gate
from leal.api.http import Handler, Reply, json_response
from leal.api.idempotency import keyed
from leal.api.operations import Operation, Parameter
from leal.api.own import (
    audit,
    care,
    codes,
    events,
    fulfilments,
    merges,
    tiers,
    vouchers,
    webhooks,
)
from leal.api.own.clocks import ADVANCE_CLOCK, SHOW_CLOCK, distance, program_of, shown
from leal.api.own.errors import OwnDialect
from leal.api.own.requests import (
    LIMIT,
    SITE_OF_ID,
    Call,
    Form,
    Serve,
    about,
    admit,
    cursor_of,
    explain_part,
    form,
    period,
)
from leal.api.own.views import explained, report, report_csv
from leal.domain.deeds import Action, Subject
from leal.usecases import clock, reports
from leal.usecases import codes as pools
from leal.usecases.access import Scope
from leal.usecases.audit import note
from leal.usecases.desk import Desk
from leal.usecases.explain import explain

PREFIX = "/leal/v1"


def table(desk: Desk, gate: Gate) -> Sequence[tuple[Operation, Handler]]:
    """Every operation with its handler."""
    rows = keyed(_rows, desk, OwnDialect())
    return tuple((operation, _handler(operation, serve, gate)) for operation, serve in rows)


def _rows(desk: Desk) -> Sequence[tuple[Operation, Serve]]:
    serves = _Serves(desk)
    rows: tuple[tuple[Operation, Serve], ...] = (
        (EXPLAIN, serves.explain),
        (REPORT_POINTS, serves.report_points),
        (SHOW_CLOCK, serves.show_clock),
        (ADVANCE_CLOCK, serves.advance_clock),
        (codes.SHOW_CODES, serves.show_codes),
        (codes.ADD_CODES, serves.add_codes),
    )
    rows += (*vouchers.rows(desk), *fulfilments.rows(desk), *tiers.rows(desk), *care.rows(desk))
    rows += merges.rows(desk)
    return (*rows, *webhooks.rows(desk), *events.rows(desk), *audit.rows(desk))


_DAY: dict[str, object] = {"type": "string", "format": "date", "example": "2025-06-01"}

EXPLAIN = Operation(
    name="customers.explain",
    method="GET",
    path=f"{PREFIX}/customers/{{merchant_id}}/explain",
    summary="Why a customer has the points they have, the newest entry first",
    scope=Scope.READ_CUSTOMERS,
    query=(
        LIMIT,
        Parameter(
            name="cursor",
            meaning="From an answer's `cursor.next`: the older entries of the same list",
            schema={"type": "string"},
        ),
        Parameter(
            name="order",
            meaning="Only what is about this order, by the shop's id for it; also tells which "
            "rules gave nothing for it, and why",
            schema={"type": "string", "example": "5001"},
        ),
        SITE_OF_ID,
    ),
)
REPORT_POINTS = Operation(
    name="reports.points",
    method="GET",
    path=f"{PREFIX}/reports/points",
    summary="Points earned, reversed, redeemed, expired and outstanding, day by day",
    scope=Scope.READ_CUSTOMERS,
    csv=True,
    query=(
        Parameter(
            name="from",
            meaning="The first day, in the zone of the primary site; 30 days up to `to` when "
            "left out",
            schema=_DAY,
        ),
        Parameter(name="to", meaning="The last day; today when left out", schema=_DAY),
        Parameter(
            name="type",
            meaning="How the report is written",
            schema={"type": "string", "enum": list(Form), "default": Form.JSON},
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def explain(self, call: Call) -> Reply:
        part = explain_part(call)
        found = await explain(self.desk, about(call), call.merchant_id, part=part)
        cursor = None
        if found.more:
            cursor = cursor_of(part, last_id=found.entries[-1].entry.id)
        return json_response(msgspec.json.encode(explained(found, cursor=cursor)))

    async def report_points(self, call: Call) -> Reply:
        program_id = call.caller.program_id
        today = await reports.today(self.desk, program_id)
        wanted, written = period(call, today=today), form(call)
        found = await reports.report_points(self.desk, program_id, period=wanted)
        if written is Form.CSV:
            body = report_csv(found).encode()
            headers = [
                (b"content-type", b"text/csv; charset=utf-8"),
                (b"content-length", b"%d" % len(body)),
            ]
            return Reply(body, 200, headers)
        return json_response(msgspec.json.encode({"points": report(found)}))

    async def show_clock(self, call: Call) -> Reply:
        return _json(shown(await clock.show(self.desk, program_of(call))))

    async def advance_clock(self, call: Call) -> Reply:
        program_id = program_of(call)
        done = await clock.advance(self.desk, program_id, await distance(call))
        noted = audit.deed(call, Action.CLOCK_ADVANCED, about=(Subject.PROGRAM, program_id))
        await note(self.desk.database, program_id, noted, now=self.desk.clock())
        return _json(shown(await clock.show(self.desk, program_id), done))

    async def show_codes(self, call: Call) -> Reply:
        program_id, reward_id = call.caller.program_id, codes.reward_of(call)
        return _json(codes.pool_view(await pools.load_pool(self.desk, program_id, reward_id)))

    async def add_codes(self, call: Call) -> Reply:
        program_id, reward_id = call.caller.program_id, codes.reward_of(call)
        given = await codes.codes_of(call)
        added, pool = await pools.add_codes(self.desk, program_id, reward_id, codes=given)
        about, facts = (Subject.REWARD, reward_id), {"added": added.imported}
        noted = audit.deed(call, Action.CODES_ADDED, about=about, facts=facts)
        await note(self.desk.database, program_id, noted, now=self.desk.clock())
        return _json(codes.added_view(added, pool), status=201)


def _json(document: dict[str, object], *, status: int = 200) -> Reply:
    return json_response(msgspec.json.encode(document), status=status)


def _handler(operation: Operation, serve: Serve, gate: Gate) -> Handler:
    async def handler(request: Request) -> Reply:
        return await serve(await admit(request, operation, gate))

    return handler
