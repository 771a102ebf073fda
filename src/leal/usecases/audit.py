"""The audit log: noting what was done by hand, and reading it.

A customer who is changed through `desk.change` is noted in the same statement: put the deed on the
`Ask`. Everything else calls `note` in the transaction of what it does.
"""

from dataclasses import dataclass
from datetime import datetime

from leal.domain.deeds import Actor, ActorKind, Deed
from leal.storage import audit as stored
from leal.storage.audit import Entry, Filters
from leal.storage.db import Runner
from leal.usecases.access import Caller, CallerKind

_KINDS = {
    CallerKind.API_KEY: ActorKind.API_KEY,
    CallerKind.OAUTH: ActorKind.OAUTH,
    CallerKind.SITE: ActorKind.SITE,
}


async def note(on: Runner, program_id: int, deed: Deed, *, now: datetime) -> None:
    """Append one row; INSTALLATION is the program of what concerns no single one.

    Pass the transaction that does the deed as `on`: then there is no deed without its row.
    """
    await stored.add(on, program_id, deed, now=now)


def actor(caller: Caller, *, request_id: str | None = None) -> Actor:
    """Who a caller is to the log; a shopper's own session is nobody it knows."""
    ids = {
        CallerKind.API_KEY: caller.key_id,
        CallerKind.OAUTH: caller.app_id,
        CallerKind.SITE: caller.site_id,
    }
    return Actor(
        kind=_KINDS.get(caller.kind, ActorKind.UNKNOWN),
        id=str(ids.get(caller.kind) or ""),
        name=caller.name,
        request_id=request_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of the log, the newest first, and whether older rows follow."""

    entries: tuple[Entry, ...]
    more: bool


async def list_entries(on: Runner, filters: Filters, *, limit: int) -> Listed:
    """What was noted; give `before` the id of the last entry to go on."""
    found = await stored.list_entries(on, filters, limit=limit + 1)
    return Listed(entries=found[:limit], more=len(found) > limit)
