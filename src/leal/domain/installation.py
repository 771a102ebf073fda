"""Facts of an installation as its operator has it: the machine, the server, work and webhooks."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """The secret key: `path` None when it is a setting, `mode` None when there is no file.

    `trouble` says why the file cannot be used.
    """

    path: str | None
    mode: int | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine: `free_bytes` None where the folder `data` cannot be asked.

    `pools` is how many pools of `pool_size` connections a `leal serve` keeps open here.
    """

    data: str
    free_bytes: int | None
    key: KeyFile
    zones: frozenset[str]
    pool_size: int
    pools: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LongTransaction:
    """A transaction that is open for long: `who` as its server names it, `end` ends it.

    `writes`: it may still add rows, so that lists wait for it.
    """

    who: str
    open_seconds: int
    writes: bool
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The database server; `skew` is how far its clock is ahead of this machine's, for certain.

    `connections_free` are those that leal's role could still open; `connections_usable` is how many
    there are for it and everybody together. `hidden` sessions cannot be seen by leal's role.
    """

    version: int
    version_text: str
    durability: tuple[str, ...]
    skew: timedelta
    connections_usable: int
    connections_free: int
    hidden: int
    long_transactions: tuple[LongTransaction, ...]
    invalid_indexes: tuple[str, ...]
    zones_missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seals:
    """How many sites and apps have sealed secrets, and those whose do not open with the key."""

    total: int
    shut: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What is wrong with the schema, and how it is mended; both None when it fits."""

    wrong: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Work that is due: what it is, and since when; None when nothing is."""

    name: str
    due_at: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Background work: `round_due_at` None when no worker ever ran; `last_runs` kind by kind.

    `failing` names what failed when it ran last, a sentence each.
    """

    now: datetime
    programs: int
    round_due_at: datetime | None
    lags: tuple[Lag, ...]
    last_runs: tuple[tuple[str, datetime], ...]
    failing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """Webhooks of all programs together, and messages to them that wait or were given up."""

    active: int
    paused: int
    waiting: int
    dead: int
    lags: tuple[Lag, ...]
