"""Looking an installation over: what there is to see of it is gathered here, and judged below."""

from collections.abc import Callable
from datetime import datetime, timedelta

from leal.domain.diagnosis import (
    ALWAYS_NEEDED,
    LONGEST_TRANSACTION,
    Finding,
    Level,
    judge_absence,
    judge_host,
    judge_schema,
    judge_seals,
    judge_server,
    judge_webhooks,
    judge_work,
    judge_zones,
)
from leal.domain.installation import Host, Lag, Schema, Seals, Server, Webhooks, Work
from leal.domain.problems import DatabaseAway
from leal.storage import credentials, diagnosis, oauth
from leal.storage.db import Database
from leal.storage.jobs import LastRun, list_runs
from leal.storage.migrate import SchemaMismatch, durability_warnings, pending
from leal.storage.sealing import Sealer
from leal.usecases.figures import FigureBook, Figures

_ZERO = timedelta(0)


async def diagnose(
    database: Database, host: Host, *, sealer: Sealer | None, clock: Callable[[], datetime]
) -> tuple[Finding, ...]:
    """Every check's finding; changes nothing. `sealer` is None without a key that can be used.

    A database that goes away meanwhile is a finding too; one that is not there from the start is
    told of by `domain.diagnosis.judge_absence`.
    """
    try:
        return await _diagnosed(database, host, sealer, clock=clock)
    except DatabaseAway:
        gone = judge_absence("the database went away; check that PostgreSQL runs, and its log")
        return (gone, *judge_host(host, programs=None))


async def _diagnosed(
    database: Database, host: Host, sealer: Sealer | None, *, clock: Callable[[], datetime]
) -> tuple[Finding, ...]:
    schema = await _schema(database)
    fits = schema.wrong is None
    needed = frozenset(ALWAYS_NEEDED)
    if fits:
        needed |= await diagnosis.list_zones(database)
    server = await _server(database, clock, needed)
    figures = await FigureBook(database, clock=clock).fresh() if fits else None
    programs = None if figures is None else len(figures.programs)
    findings = [
        *judge_server(server, host),
        judge_schema(schema),
        judge_zones(server, host, needed),
        *judge_host(host, programs=programs),
    ]
    if fits and sealer is not None:
        findings.append(judge_seals(await _seals(database, sealer)))
    if figures is not None:
        findings += judge_work(_work(figures, await list_runs(database, None)))
        findings += judge_webhooks(_webhooks(figures))
    elif fits:
        findings.append(_too_slow())
    return tuple(findings)


async def _seals(database: Database, sealer: Sealer) -> Seals:
    sites, shut_sites = await credentials.try_sealed(database, sealer)
    apps, shut_apps = await oauth.try_sealed(database, sealer)
    return Seals(total=sites + apps, shut=shut_sites + shut_apps)


async def _schema(database: Database) -> Schema:
    try:
        missing = await pending(database)
    except SchemaMismatch as error:
        # its message says what is wrong, a colon, and what to do
        wrong, _, remedy = str(error).partition(": ")
        return Schema(wrong=wrong, remedy=remedy or None)
    if missing:
        wrong = f"the database lacks {len(missing)} migration(s), first {missing[0]}"
        return Schema(wrong=wrong, remedy="run `leal migrate`")
    return Schema()


async def _server(
    database: Database, clock: Callable[[], datetime], zones: frozenset[str]
) -> Server:
    version, text = await diagnosis.read_version(database)
    room = await diagnosis.read_room(database)
    return Server(
        version=version,
        version_text=text,
        durability=await durability_warnings(database),
        skew=await _skew(database, clock),
        connections_usable=room.usable,
        connections_free=room.free,
        hidden=room.hidden,
        long_transactions=await diagnosis.list_long_transactions(
            database, longer_than=LONGEST_TRANSACTION
        ),
        invalid_indexes=await diagnosis.list_invalid_indexes(database),
        zones_missing=await diagnosis.list_unknown_zones(database, zones),
    )


async def _skew(database: Database, clock: Callable[[], datetime]) -> timedelta:
    """How far the database's clock is ahead, whenever it was read between asking and hearing."""
    asked = clock()
    theirs = await diagnosis.read_clock(database)
    heard = clock()
    if theirs > heard:
        return theirs - heard
    return min(theirs - asked, _ZERO)


def _work(figures: Figures, runs: tuple[LastRun, ...]) -> Work:
    queue = figures.queue
    approvals = tuple(
        Lag(
            name=f"approvals of program {each.program_id}",
            due_at=each.approvals_due_since,
            now=each.now,
        )
        for each in figures.programs
    )
    return Work(
        now=figures.at,
        programs=len(figures.programs),
        round_due_at=queue.round_due_at,
        lags=(Lag(name="jobs", due_at=queue.waiting_since, now=figures.at), *approvals),
        last_runs=tuple((each.kind, each.last_run_at) for each in figures.work),
        failing=tuple(
            f"{run.kind} of program {run.program_id} failed at {run.failed_at:%Y-%m-%d %H:%M:%S}"
            for run in runs
            if run.failed_at is not None and run.failed_at >= run.started_at
        ),
    )


def _webhooks(figures: Figures) -> Webhooks:
    programs = figures.programs
    return Webhooks(
        active=sum(each.webhooks_active for each in programs),
        paused=sum(each.webhooks_paused for each in programs),
        waiting=sum(each.deliveries_waiting for each in programs),
        dead=sum(each.deliveries_dead for each in programs),
        lags=tuple(
            Lag(
                name=f"messages of program {each.program_id}",
                due_at=each.deliveries_due_since,
                now=each.now,
            )
            for each in programs
        ),
    )


def _too_slow() -> Finding:
    return Finding(
        level=Level.WARN,
        name="worker",
        message="the database did not give the figures of background work and webhooks in time",
        remedy="run `leal doctor` again when it is less busy, and look for slow queries",
    )
