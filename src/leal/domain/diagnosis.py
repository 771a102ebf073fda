"""What is well with an installation and what is not: the judging of its facts.

Each check ends in one finding that says what was found, what that means, and how to mend it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from leal.domain.installation import Host, KeyFile, Lag, Schema, Seals, Server, Webhooks, Work

OLDEST_SERVER: Final = 15
"""The first major version of PostgreSQL that leal runs on."""

LONGEST_SKEW: Final = timedelta(seconds=2)
LONGEST_TRANSACTION: Final = timedelta(minutes=5)
LATE: Final = timedelta(minutes=5)
"""Work that is due for longer waits for somebody, and not only for its turn."""

LONGEST_BETWEEN_RUNS: Final = timedelta(minutes=10)
"""Every kind of work runs each minute; a long run holds up the next one of its kind."""

MANY_WAITING: Final = 1_000
SCARCE_BYTES: Final = 2 * 1024**3
TOO_FEW_BYTES: Final = 256 * 1024**2

ALWAYS_NEEDED: Final = ("America/New_York", "Europe/Berlin", "UTC")
"""Zones that every set of time zone data has."""

_GROUP = 0o070
_OTHERS = 0o007
_MIB = 1024**2
_FEW = 5


class Level(StrEnum):
    """How bad it is: `warn` works and should be looked at, `fail` does not work or loses things."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found; `remedy` is None where there is nothing to do."""

    level: Level
    name: str
    message: str
    remedy: str | None = None


def judge_absence(wrong: str) -> Finding:
    """No database; `wrong` says which, why, and what to check."""
    # the last part says what to do; what the server said before may have parts as well
    message, _, remedy = wrong.rpartition("; ")
    return _fail(
        "database",
        f"{message or wrong}; nothing else could be asked of it",
        remedy if message else "start PostgreSQL, or set LEAL_DATABASE_URL to one that runs",
    )


def judge_host(host: Host, *, programs: int | None) -> Iterator[Finding]:
    """The machine leal runs on; `programs` None when it is not known how many there are."""
    yield _judge_key(host.key, programs)
    yield _judge_disk(host)


def judge_server(server: Server, host: Host) -> Iterator[Finding]:
    """The database server, whatever is in the database."""
    yield _judge_version(server)
    yield _judge_durability(server.durability)
    yield _judge_skew(server.skew)
    yield _judge_connections(server, host)
    yield _judge_transactions(server)
    yield _judge_indexes(server.invalid_indexes)


def judge_schema(schema: Schema) -> Finding:
    """Whether the schema is the one that this leal knows."""
    if schema.wrong is None:
        return _ok("schema", "the database has the schema of this leal")
    left_out = "background work and webhooks were not looked at"
    return _fail("schema", f"{schema.wrong}; {left_out}", schema.remedy or "run `leal migrate`")


def judge_zones(server: Server, host: Host, needed: frozenset[str]) -> Finding:
    """Whether both sides know the zones that sites are in."""
    here = sorted(needed - host.zones)
    if here:
        return _fail(
            "time zones",
            f"this machine does not know {_some(here)}: days there cannot be told",
            "install the Python package tzdata beside leal, or the system's",
        )
    if server.zones_missing:
        return _fail(
            "time zones",
            f"PostgreSQL does not know {_some(server.zones_missing)}: days there cannot be told",
            "install the time zone data of the database server's system and restart PostgreSQL",
        )
    return _ok("time zones", "this machine and PostgreSQL know every zone that is needed")


def judge_seals(seals: Seals) -> Finding:
    """Whether the key is the one that the stored secrets were sealed with."""
    name = "stored secrets"
    if not seals.shut:
        return _ok(name, f"those of {seals.total} site(s) and app(s) open with the secret key")
    return _fail(
        name,
        f"they were sealed with another secret key: {_some(seals.shut)}, of {seals.total}; their"
        " webhooks are not sent and session tokens of their shoppers are refused",
        "restore the LEAL_SECRET_KEY or the file secret.key that this database was used with; if"
        " it is lost, make new ones with `leal site rotate SITE WHAT`, `leal oauth-app"
        " rotate-secret CLIENT_ID`",
    )


def judge_work(work: Work) -> Iterator[Finding]:
    """Whether background work is done, in time and without failures."""
    yield _judge_rounds(work)
    yield _judge_lags("work lag", work.lags, "start another worker (`leal worker`) where it grows")
    yield _judge_failures(work.failing)


def judge_webhooks(webhooks: Webhooks) -> Iterator[Finding]:
    """Whether webhooks are told, and in time."""
    if webhooks.paused:
        yield _warn(
            "webhooks",
            f"{webhooks.paused} webhook(s) are paused and told nothing; what comes is kept",
            "see `leal webhooks list`, mend the receiver, then run `leal webhooks resume WEBHOOK`",
        )
    else:
        yield _ok("webhooks", f"{webhooks.active} active, none paused")
    yield _judge_backlog(webhooks)


def worst(findings: tuple[Finding, ...]) -> Level:
    """The level of all findings together."""
    levels = {each.level for each in findings}
    return next((each for each in (Level.FAIL, Level.WARN) if each in levels), Level.OK)


def _judge_key(key: KeyFile, programs: int | None) -> Finding:
    name = "secret key"
    if key.path is None:
        return _ok(name, "it is set by LEAL_SECRET_KEY")
    if key.trouble is not None:
        return _fail(name, key.trouble, "restore the file from a backup, or give leal access to it")
    if key.mode is None and programs:
        return _fail(
            name,
            f"{key.path} is missing: the next start makes a new key, which opens none of the"
            " secrets that are stored",
            "restore the file before anything is started, or set LEAL_SECRET_KEY or LEAL_DATA",
        )
    if key.mode is None:
        return _warn(
            name, f"{key.path} is not there yet", "nothing: the next `leal` command makes it"
        )
    if key.mode & _OTHERS:
        return _fail(name, f"everybody on this machine can use {key.path}", f"chmod 600 {key.path}")
    if key.mode & _GROUP:
        return _warn(name, f"its group can use {key.path}", f"chmod 600 {key.path}")
    return _ok(name, f"{key.path} is there, for its owner only; keep a copy with your backups")


def _judge_disk(host: Host) -> Finding:
    name, remedy = "disk", "free space, or move LEAL_DATA to a larger disk"
    if host.free_bytes is None:
        return _warn(name, f"{host.data} cannot be asked for its space", "check LEAL_DATA")
    found = f"{host.free_bytes // _MIB:,} MiB are free for {host.data}"
    if host.free_bytes < TOO_FEW_BYTES:
        return _fail(name, f"{found}: what is kept there stops when it is full", remedy)
    if host.free_bytes < SCARCE_BYTES:
        return _warn(name, f"{found}, which is little", remedy)
    return _ok(name, found)


def _judge_version(server: Server) -> Finding:
    found = f"PostgreSQL {server.version_text} answers"
    if server.version >= OLDEST_SERVER:
        return _ok("database", found)
    return _fail(
        "database",
        f"{found}, and leal needs {OLDEST_SERVER} or newer",
        "upgrade it, or set LEAL_DATABASE_URL to another server",
    )


def _judge_durability(risks: tuple[str, ...]) -> Finding:
    if risks:
        return _warn(
            "durability",
            " ".join(risks),
            "change it where it is set (postgresql.conf, ALTER DATABASE, ALTER ROLE) and reload",
        )
    return _ok("durability", "what was answered survives a crash")


def _judge_skew(skew: timedelta) -> Finding:
    seconds = abs(skew.total_seconds())
    if abs(skew) <= LONGEST_SKEW:
        return _ok("clock", "this machine and the database agree on the time")
    side = "ahead of" if skew > timedelta(0) else "behind"
    return _warn(
        "clock",
        f"the database's clock is {seconds:,.1f} s {side} this machine's: points are approved and"
        " expire early or late",
        "let both keep time by NTP",
    )


def _judge_connections(server: Server, host: Host) -> Finding:
    name, needed = "connections", host.pool_size * host.pools
    need = f"`leal serve` opens up to {needed} connections here"
    remedy = (
        "raise max_connections of PostgreSQL and any CONNECTION LIMIT of leal's role and database,"
        " or lower LEAL_POOL_SIZE"
    )
    if needed > server.connections_usable:
        return _fail(name, f"{need}, and PostgreSQL allows {server.connections_usable}", remedy)
    if needed > server.connections_free:
        found = f"others leave {server.connections_free} of {server.connections_usable}"
        return _warn(name, f"{need}, and {found}", remedy)
    return _ok(name, f"{need}; {server.connections_free} of {server.connections_usable} are free")


def _judge_transactions(server: Server) -> Finding:
    name = "transactions"
    longest = LONGEST_TRANSACTION // timedelta(minutes=1)
    if server.long_transactions:
        held = any(each.writes for each in server.long_transactions)
        means = "lists by change wait for it" if held else "nothing deleted is cleaned up meanwhile"
        who = _some([f"{each.who} ({each.open_seconds} s)" for each in server.long_transactions])
        ends = _some([each.end for each in server.long_transactions])
        return _warn(
            name,
            f"open for over {longest} minutes: {who}; {means}",
            f"find out what it does; to end it: {ends}",
        )
    if server.hidden:
        return _ok(
            name,
            f"none of leal's is open for over {longest} minutes; {server.hidden} session(s) of"
            " others cannot be seen",
            "to see them too, grant pg_read_all_stats to leal's role",
        )
    return _ok(name, f"none is open for over {longest} minutes")


def _judge_indexes(invalid: tuple[str, ...]) -> Finding:
    if not invalid:
        return _ok("indexes", "all are valid")
    return _fail(
        "indexes",
        f"not valid: {_some(invalid)}; queries pass over them, and unique ones may let doubles in",
        f"run `REINDEX INDEX CONCURRENTLY {invalid[0]}`, for each of them; drop those that end in"
        " _ccnew or _ccold",
    )


def _judge_rounds(work: Work) -> Finding:
    name, remedy = "worker", "start `leal worker`, or `leal serve` without LEAL_WORKER=off"
    if work.round_due_at is None:
        if not work.programs:
            return _ok(name, "there is no program yet, and nothing to do")
        return _fail(
            name, "no worker has run yet: points are not approved and do not expire", remedy
        )
    late = work.now - work.round_due_at
    if late > LATE:
        return _fail(name, f"no worker runs: a round is due for {_minutes(late)}", remedy)
    old = [kind for kind, at in work.last_runs if work.now - at > LONGEST_BETWEEN_RUNS]
    if old:
        longest = _minutes(LONGEST_BETWEEN_RUNS)
        return _warn(
            name, f"did not run for over {longest}: {_some(old)}", "see `leal jobs` and the logs"
        )
    return _ok(name, "a round starts every minute")


def _judge_lags(name: str, lags: tuple[Lag, ...], remedy: str) -> Finding:
    late = {
        lag.name: lag.now - lag.due_at
        for lag in lags
        if lag.due_at is not None and lag.now - lag.due_at > LATE
    }
    if not late:
        return _ok(name, f"nothing is due for over {_minutes(LATE)}")
    found = _some([f"{what} for {_minutes(by)}" for what, by in late.items()])
    return _warn(name, f"due: {found}", remedy)


def _judge_failures(failing: tuple[str, ...]) -> Finding:
    if not failing:
        return _ok("jobs", "none failed when it ran last")
    return _warn(
        "jobs",
        f"{_some(failing)}; tried again every minute",
        "see `leal jobs` for what failed, then the logs",
    )


def _judge_backlog(webhooks: Webhooks) -> Finding:
    name = "deliveries"
    late = _judge_lags(name, webhooks.lags, "see that a worker runs, and `leal webhooks list`")
    if late.level is not Level.OK:
        return late
    if webhooks.waiting > MANY_WAITING:
        return _warn(
            name,
            f"{webhooks.waiting:,} messages wait for their receivers",
            "see `leal webhooks list` for receivers that fail or are slow",
        )
    if webhooks.dead:
        return _warn(
            name,
            f"{webhooks.dead:,} messages were given up",
            "mend the receiver, then tell it again with `leal webhooks replay WEBHOOK`",
        )
    return _ok(name, f"{webhooks.waiting:,} wait, none is late")


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def _minutes(span: timedelta) -> str:
    return f"{span // timedelta(minutes=1):,} min"


def _ok(name: str, message: str, remedy: str | None = None) -> Finding:
    return Finding(level=Level.OK, name=name, message=message, remedy=remedy)


def _warn(name: str, message: str, remedy: str) -> Finding:
    return Finding(level=Level.WARN, name=name, message=message, remedy=remedy)


def _fail(name: str, message: str, remedy: str) -> Finding:
    return Finding(level=Level.FAIL, name=name, message=message, remedy=remedy)
