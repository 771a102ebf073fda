"""Webhooks as clients make and delete them, and as operators look after them.

An OAuth app sees its own webhooks and no others; with API keys and site pairs one sees those made
with either of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from leal.domain.problems import BadRequest, Forbidden, Missing
from leal.domain.topics import SCOPES_OF_TOPICS
from leal.domain.webhooks import WebhookState
from leal.storage import delivery_log, webhooks
from leal.storage.deliveries import add_test
from leal.storage.delivery_log import Counts, LogFilters, LoggedDelivery, Since
from leal.storage.webhooks import NewWebhook, Owner, Webhook
from leal.usecases.access import Scope
from leal.usecases.desk import Desk

EVERYBODY: Final[Owner | None] = None
"""Whoever looks after the program sees the webhooks of all."""

_REPLAYED_AT_ONCE: Final = 1_000
BY_HAND: Final = "By hand"

Progress = Callable[[int, int], None]


def unwatched(_done: int, _total: int) -> None:
    """Progress nobody looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A webhook and how many of its deliveries wait or were given up."""

    webhook: Webhook
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """A part of the log, the newest first; `more` lies behind it."""

    deliveries: tuple[LoggedDelivery, ...]
    more: bool


async def create(
    desk: Desk, program_id: int, wanted: NewWebhook, *, scopes: frozenset[Scope]
) -> Webhook:
    """Makes a webhook that is told of every event of its topic from now on.

    Where paused webhooks are hidden, one that is made again goes on where it was paused. Raises
    BadRequest for an address that must not be called, Forbidden when the scopes do not cover the
    topic.
    """
    missing = [each for each in SCOPES_OF_TOPICS[wanted.topic] if each not in scopes]
    if missing:
        raise Forbidden(
            f"This key lacks the scope {missing[0]}, which the topic {wanted.topic} needs."
            " Use one that has it."
        )
    why = await desk.webhooks.why_not(wanted.address)
    if why is not None:
        raise BadRequest({"webhook.address": why})
    now = await _now(desk, program_id)
    async with desk.database.transaction() as on:
        if desk.hides_paused_webhooks:
            for each in await webhooks.list_webhooks(on, program_id, wanted.owner):
                hidden = each.state is WebhookState.PAUSED
                if hidden and (each.topic, each.address) == (wanted.topic, wanted.address):
                    await webhooks.resume(on, program_id, each.webhook_id, now=now)
                    return replace(each, state=WebhookState.ACTIVE, updated_at=now)
        return await webhooks.create(on, program_id, wanted, now=now)


async def list_shown(desk: Desk, program_id: int, owner: Owner) -> tuple[Webhook, ...]:
    """An owner's webhooks, as clients see them."""
    found = await webhooks.list_webhooks(desk.database, program_id, owner)
    return tuple(each for each in found if _is_shown(desk, each))


async def delete(desk: Desk, program_id: int, webhook_id: int, *, owner: Owner) -> None:
    """Deletes an owner's webhook; it is told nothing more. Raises Missing."""
    found = await webhooks.find_webhook(desk.database, program_id, webhook_id)
    if found is None or found.owner_app_id != owner.app_id or not _is_shown(desk, found):
        raise _missing()
    now = await _now(desk, program_id)
    async with desk.database.transaction() as on:
        if not await webhooks.delete(on, program_id, webhook_id, now=now):
            raise _missing()


async def list_standing(desk: Desk, program_id: int, owner: Owner | None) -> tuple[Standing, ...]:
    """An owner's webhooks, or everybody's, with how they do."""
    found = await webhooks.list_webhooks(desk.database, program_id, owner)
    ids = tuple(each.webhook_id for each in found)
    counts = await delivery_log.count_by_webhook(desk.database, program_id, ids)
    return tuple(Standing(webhook=each, counts=counts[each.webhook_id]) for each in found)


async def load(desk: Desk, program_id: int, webhook_id: int, *, owner: Owner | None) -> Standing:
    """A webhook with how it does. Raises Missing."""
    found = await webhooks.find_webhook(desk.database, program_id, webhook_id)
    if found is None or (owner is not None and found.owner_app_id != owner.app_id):
        raise _missing()
    counts = await delivery_log.count_by_webhook(desk.database, program_id, (webhook_id,))
    return Standing(webhook=found, counts=counts[webhook_id])


async def list_log(
    desk: Desk, program_id: int, filters: LogFilters, *, before: int | None, limit: int
) -> LogPage:
    """A part of the log of deliveries."""
    found = await delivery_log.list_deliveries(
        desk.database, program_id, filters, before=before, limit=limit + 1
    )
    return LogPage(deliveries=found[:limit], more=len(found) > limit)


async def pause(desk: Desk, program_id: int, webhook_id: int, *, owner: Owner | None) -> Standing:
    """Tells a webhook nothing more for now; what comes meanwhile is kept. Raises Missing."""
    await load(desk, program_id, webhook_id, owner=owner)
    await webhooks.pause(
        desk.database, program_id, webhook_id, reason=BY_HAND, now=await _now(desk, program_id)
    )
    return await load(desk, program_id, webhook_id, owner=owner)


async def resume(desk: Desk, program_id: int, webhook_id: int, *, owner: Owner | None) -> Standing:
    """Tells a webhook again, also what it missed. Raises Missing."""
    await load(desk, program_id, webhook_id, owner=owner)
    now = await _now(desk, program_id)
    async with desk.database.transaction() as on:
        await webhooks.resume(on, program_id, webhook_id, now=now)
    return await load(desk, program_id, webhook_id, owner=owner)


async def test(
    desk: Desk, program_id: int, webhook_id: int, *, owner: Owner | None
) -> LoggedDelivery:
    """Puts a message that tells of nothing on its way. Raises Missing."""
    await load(desk, program_id, webhook_id, owner=owner)
    now = await _now(desk, program_id)
    delivery_id = await add_test(desk.database, program_id, webhook_id, now=now)
    return await load_delivery(desk, program_id, delivery_id or 0)


async def load_delivery(desk: Desk, program_id: int, delivery_id: int) -> LoggedDelivery:
    """One delivery with its tries. Raises Missing."""
    found = await delivery_log.find_delivery(desk.database, program_id, delivery_id)
    if found is None:
        raise Missing("delivery", "There is no delivery with this id")
    return found


async def replay(
    desk: Desk, program_id: int, delivery_id: int, *, owner: Owner | None
) -> LoggedDelivery:
    """Tells of one event again, under the same id and with the same bytes.

    Raises Missing, also when it was never worded and its event is not kept any more.
    """
    found = await load_delivery(desk, program_id, delivery_id)
    await load(desk, program_id, found.webhook_id, owner=owner)
    now = await _now(desk, program_id)
    async with desk.database.transaction() as on:
        if not await delivery_log.replay(
            on, program_id, delivery_id, webhook_id=found.webhook_id, now=now
        ):
            raise Missing("event", "What this delivery was to tell of is not kept any more")
    return await load_delivery(desk, program_id, delivery_id)


async def replay_since(
    desk: Desk,
    program_id: int,
    webhook_id: int,
    *,
    since: datetime,
    owner: Owner | None,
    progress: Progress = unwatched,
) -> int:
    """Tells a webhook again of all since a moment; returns how many. Raises Missing."""
    await load(desk, program_id, webhook_id, owner=owner)
    total = await delivery_log.count_since(desk.database, program_id, webhook_id, since=since)
    done, after, now = 0, 0, await _now(desk, program_id)
    while True:
        part = Since(moment=since, after=after, limit=_REPLAYED_AT_ONCE)
        async with desk.database.transaction() as on:
            batch = await delivery_log.replay_since(on, program_id, webhook_id, part=part, now=now)
        if batch.last is None:
            return done
        done, after = done + batch.size, batch.last
        progress(done, max(done, total))


async def _now(desk: Desk, program_id: int) -> datetime:
    """The program's time, of a sandbox as its clock stands just now."""
    await desk.programs.current(program_id)
    return desk.now(program_id)


def _is_shown(desk: Desk, webhook: Webhook) -> bool:
    return not (desk.hides_paused_webhooks and webhook.state is WebhookState.PAUSED)


def _missing() -> Missing:
    return Missing("webhook", "There is no webhook with this id")
