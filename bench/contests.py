"""What is compared with what: each contest is a few sides that take turns on the same database."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from bench import award, load, pgbench, servers, tape
from bench.samples import BenchFailed, Comparison, Sample, Side
from bench.world import World

BUSY_CLIENTS = 8
_MOST_ORDERS_PER_SECOND = 3_000

_GET_TARGET = 0.5
_AWARD_TARGET = 0.6
_REDEEM_TARGET = 0.6
_CHECKED = 10  # per client, to count the rows that one writes
_SHOWN_CLAIMS = 20  # so many are loaded and shown of each customer

Measure: TypeAlias = Callable[[float], Sample]
"""Does its work for so many seconds, after a warm-up that is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One side: what it is called, how it is measured, and for leal's what is wanted of it."""

    name: str
    measure: Measure
    row: str = ""
    title: str = ""
    target: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """The reference and the sides of leal's that are compared with it.

    `prepare` is done before the first round.
    """

    reference: Contestant
    leal: tuple[Contestant, ...]
    prepare: Callable[[], None] = lambda: None


CONTESTS = ("get_customer_1", "get_customer_8", "award", "redeem_1", "redeem_8")


@contextmanager
def ready(world: World, names: Sequence[str], *, warm_seconds: float) -> Iterator[list[Contest]]:
    """The contests of these names, with the servers they need running."""
    with ExitStack() as stack:
        leal = stack.enter_context(servers.leal_server(world))
        contests = []
        if any(name.startswith("get_customer") for name in names):
            statement = asyncio.run(tape.record_get(world))
            documents = servers.documents_of(world, leal)
            bare = stack.enter_context(servers.bare_server(world, statement, documents))
            contests += [
                _get_customer(world, clients, ports=(leal, bare), warm_seconds=warm_seconds)
                for clients in (1, BUSY_CLIENTS)
                if f"get_customer_{clients}" in names
            ]
        if "award" in names:
            contests.append(_award(world, leal, warm_seconds=warm_seconds))
        # last, for the claims make every document and load larger
        contests += [
            _redeem(world, clients, port=leal, warm_seconds=warm_seconds)
            for clients in (1, BUSY_CLIENTS)
            if f"redeem_{clients}" in names
        ]
        yield contests


def hold(
    contest: Contest, *, rounds: int, seconds: float, done: Callable[[str], None]
) -> list[Comparison]:
    """Let every side have its turn in every round, in the opposite order in every other one."""
    contest.prepare()
    sides = (contest.reference, *contest.leal)
    samples: dict[str, list[Sample]] = {side.name: [] for side in sides}
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            samples[side.name].append(side.measure(seconds))
            done(side.name)
    measured = {name: Side(name=name, rounds=tuple(each)) for name, each in samples.items()}
    return [
        Comparison(
            name=side.row,
            title=side.title,
            leal=measured[side.name],
            reference=measured[contest.reference.name],
            target=side.target,
        )
        for side in contest.leal
    ]


def _get_customer(
    world: World, clients: int, *, ports: tuple[int, int], warm_seconds: float
) -> Contest:
    requests = servers.get_requests(world, clients)

    def on(port: int) -> Measure:
        return lambda seconds: load.run(
            load.Plan(
                port=port, seconds=seconds, warm_seconds=warm_seconds, status=200, clients=requests
            )
        )

    plural = "client" if clients == 1 else "clients"
    return Contest(
        reference=Contestant(name="bare app", measure=on(ports[1])),
        leal=(
            Contestant(
                name="leal serve",
                measure=on(ports[0]),
                row=f"get_customer_{clients}",
                title=f"GET customer, {clients} {plural}",
                target=_GET_TARGET,
            ),
        ),
    )


def _award(world: World, port: int, *, warm_seconds: float) -> Contest:
    requests = servers.award_requests(world, BUSY_CLIENTS, points=tape.POINTS, reason=tape.REASON)

    def reference(seconds: float) -> Sample:
        return pgbench.run(_pgbench_plan(world), seconds=seconds, warm_seconds=warm_seconds)

    def by_http(seconds: float) -> Sample:
        plan = load.Plan(
            port=port, seconds=seconds, warm_seconds=warm_seconds, status=201, clients=requests
        )
        return load.run(plan)

    def orders_by_http(seconds: float) -> Sample:
        # more than are sent, each told of for the first time
        fresh = round((seconds + warm_seconds) * _MOST_ORDERS_PER_SECOND / BUSY_CLIENTS)
        plan = load.Plan(
            port=port,
            seconds=seconds,
            warm_seconds=warm_seconds,
            status=201,
            clients=servers.order_requests(world, BUSY_CLIENTS, each=fresh),
        )
        return load.run(plan)

    def in_process(seconds: float) -> Sample:
        plan = award.Plan(
            world=world, tasks=BUSY_CLIENTS, seconds=seconds, warm_seconds=warm_seconds
        )
        return award.run(plan)

    return Contest(
        reference=Contestant(name="pgbench", measure=reference),
        leal=(
            Contestant(
                name="leal serve",
                measure=by_http,
                row="award_http",
                title=f"award, {BUSY_CLIENTS} clients",
                target=_AWARD_TARGET,
            ),
            Contestant(
                name="leal's use case",
                measure=in_process,
                row="award_use_case",
                title=f"award, no HTTP, {BUSY_CLIENTS} tasks",
            ),
            Contestant(
                name="leal, orders",
                measure=orders_by_http,
                row="order_http",
                title=f"order paid, {BUSY_CLIENTS} clients",
            ),
        ),
    )


def _redeem(world: World, clients: int, *, port: int, warm_seconds: float) -> Contest:
    requests = servers.redeem_requests(
        world, clients, reward_id=tape.REWARD_ID, kind=tape.REWARD_KIND
    )

    def reference(seconds: float) -> Sample:
        plan = _redeeming_plan(world, clients)
        return pgbench.run(plan, seconds=seconds, warm_seconds=warm_seconds)

    def by_http(seconds: float) -> Sample:
        plan = load.Plan(
            port=port, seconds=seconds, warm_seconds=warm_seconds, status=201, clients=requests
        )
        return load.run(plan)

    def in_process(seconds: float) -> Sample:
        plan = award.Plan(
            world=world, tasks=clients, seconds=seconds, warm_seconds=warm_seconds, redeems=True
        )
        return award.run(plan)

    client, task = ("client", "task") if clients == 1 else ("clients", "tasks")
    return Contest(
        reference=Contestant(name="pgbench", measure=reference),
        leal=(
            Contestant(
                name="leal serve",
                measure=by_http,
                row=f"redeem_{clients}",
                title=f"redeem, {clients} {client}",
                target=_REDEEM_TARGET if clients == BUSY_CLIENTS else None,
            ),
            Contestant(
                name="leal's use case",
                measure=in_process,
                row=f"redeem_{clients}_use_case",
                title=f"redeem, no HTTP, {clients} {task}",
            ),
        ),
        prepare=lambda: _fill_claims(world, each=_SHOWN_CLAIMS),
    )


def _fill_claims(world: World, *, each: int) -> None:
    """So many claims for every customer."""
    times = world.customers // BUSY_CLIENTS * each
    award.run(award.Plan(world=world, tasks=BUSY_CLIENTS, times=times, redeems=True))


def rows_per_award(world: World) -> dict[str, float]:
    """What one award writes, by table. Raises BenchFailed unless pgbench writes the same."""
    plan = _pgbench_plan(world)
    theirs = _rows_written(world, lambda: pgbench.run_times(plan, _CHECKED))
    in_process = award.Plan(world=world, tasks=BUSY_CLIENTS, times=_CHECKED)
    ours = _rows_written(world, lambda: award.run(in_process))
    if ours != theirs:
        raise BenchFailed(f"an award of leal writes {ours}, one of pgbench {theirs}")
    return ours


def rows_per_redemption(world: World) -> dict[str, float]:
    """What one redemption writes, by table. Raises BenchFailed unless pgbench writes the same."""
    _fill_claims(world, each=1)  # whoever redeems for the first time gets a counter
    plan = _redeeming_plan(world, BUSY_CLIENTS)
    theirs = _rows_written(world, lambda: pgbench.run_times(plan, _CHECKED))
    in_process = award.Plan(world=world, tasks=BUSY_CLIENTS, times=_CHECKED, redeems=True)
    ours = _rows_written(world, lambda: award.run(in_process))
    if ours != theirs:
        raise BenchFailed(f"a redemption of leal writes {ours}, one of pgbench {theirs}")
    return ours


def _rows_written(world: World, work: Callable[[], object]) -> dict[str, float]:
    before = asyncio.run(pgbench.settled_rows(world.url))
    work()
    after = asyncio.run(pgbench.settled_rows(world.url))
    changes = BUSY_CLIENTS * _CHECKED
    return {
        what: (count - before[what]) / changes
        for what, count in sorted(after.items())
        if count != before[what]
    }


def _pgbench_plan(world: World) -> pgbench.Plan:
    """Recorded anew for every round, so that the times in it are those of the round."""
    loaded, saved = asyncio.run(tape.record_award(world))
    return pgbench.Plan(world=world, load=loaded, save=saved, clients=BUSY_CLIENTS)


def _redeeming_plan(world: World, clients: int) -> pgbench.Plan:
    loaded, saved = asyncio.run(tape.record_redemption(world))
    claim = msgspec.json.decode(str(saved.values[-1].argument))["claims"][0]
    return pgbench.Plan(
        world=world,
        load=loaded,
        save=saved,
        clients=clients,
        fields=pgbench.redemption(claim["points_cost"]),
    )
