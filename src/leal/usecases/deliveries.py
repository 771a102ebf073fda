"""Telling webhooks of events: making deliveries of what happened, and sending what is due.

Events become deliveries in their order, behind a cursor that moves in the same transaction. Whoever
sends one takes it up first, for half a minute: after a crash it is sent again, under the same id
and with the same bytes. What a receiver was told of a customer, it was told in order.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from leal.domain.problems import Busy, DatabaseAway
from leal.domain.topics import UPDATED, delay_of
from leal.domain.webhooks import (
    ALERT_AFTER,
    FAILING,
    PAUSED,
    Failures,
    WebhookState,
    delivery_pause,
    fail,
)
from leal.integrations.outgoing import Answered, Delivery
from leal.integrations.webhooks import WebhookCall
from leal.storage import deliveries as stored
from leal.storage import webhooks
from leal.storage.db import Runner
from leal.storage.deliveries import Attempt, Leased, NewDelivery, Terms
from leal.storage.delivery_log import forget_ended
from leal.storage.events import StoredEvent, find_event, list_settled_events
from leal.storage.webhooks import Webhook
from leal.usecases.batches import Tally
from leal.usecases.desk import Desk

AT_ONCE: Final = 4
"""So many messages are under way to one webhook at the same moment; one while it fails."""

LANES: Final = 32
"""So many webhooks are told at the same moment."""

SNIPPET_CHARACTERS: Final = 2_000
TEST_TOPIC_PAYLOAD: Final[dict[str, object]] = {"test": True}

_OURS_FOR = timedelta(seconds=30)
_EVENTS = 500
_BATCHES_IN_A_TURN = 50
_FORGOTTEN_AT_ONCE = 1_000
_FORGOTTEN_IN_A_RUN = 50


async def work_off(desk: Desk, program_id: int) -> int:
    """Makes and sends all deliveries that are due, each once; returns how many were accepted.

    Raises WorkFailed when something was wrong that is not a receiver's fault.
    """
    tally = Tally(at_once=LANES)
    await dispatch(desk, program_id)
    ready = await list_ready(desk, program_id)
    await tally.each(ready, lambda webhook_id: send(desk, program_id, webhook_id))
    await forget(desk, program_id)
    return tally.outcome()


async def dispatch(desk: Desk, program_id: int) -> int:
    """Makes deliveries of all that has happened; returns how many."""
    await desk.programs.current(program_id)  # a sandbox's clock may have been moved on
    made = 0
    while True:
        async with desk.database.transaction() as on:
            after = await webhooks.lock_cursor(on, program_id)
            if after is None:  # there never was a webhook, or somebody else is at it
                return made
            events = await list_settled_events(on, program_id, after=after, limit=_EVENTS)
            if not events:
                return made
            wanted = _wanted(events)
            made += await stored.add(on, program_id, wanted, now=desk.now(program_id))
            await webhooks.save_cursor(on, program_id, events[-1].event_id)
        if len(events) < _EVENTS:
            return made


async def list_ready(desk: Desk, program_id: int) -> tuple[int, ...]:
    """Webhooks that something is due for, those not told for the longest time first."""
    return await stored.list_ready(
        desk.database, program_id, now=desk.now(program_id), clock=desk.clock()
    )


async def send(desk: Desk, program_id: int, webhook_id: int) -> int:
    """Tells a webhook what is due, until nothing is or it fails; returns how much was accepted."""
    accepted = 0
    for _ in range(_BATCHES_IN_A_TURN):
        batch = await _take_up(desk, program_id, webhook_id)
        webhook = await webhooks.find_webhook(desk.database, program_id, webhook_id)
        if not batch or webhook is None:
            break
        sending = _Sending(desk=desk, program_id=program_id, webhook=webhook)
        told = await asyncio.gather(*(sending.tell(each) for each in batch), return_exceptions=True)
        wrong = [each for each in told if isinstance(each, BaseException)]
        if wrong:
            raise wrong[0]
        accepted += sum(each is True for each in told)
    return accepted


async def forget(desk: Desk, program_id: int) -> int:
    """Removes what ended long ago, in bounded batches; returns how many deliveries."""
    forgotten = 0
    until = desk.now(program_id) - desk.deliveries_kept
    for _ in range(_FORGOTTEN_IN_A_RUN):
        count = await forget_ended(desk.database, program_id, until=until, limit=_FORGOTTEN_AT_ONCE)
        forgotten += count
        if count < _FORGOTTEN_AT_ONCE:
            break
    return forgotten


def test_message(topic: str, message_id: str, *, now: datetime) -> bytes:
    """A message that tells of nothing, with the envelope of the topic."""
    sent_at = now.isoformat(timespec="milliseconds")[:-6] + "Z"
    return msgspec.json.encode(
        {"id": message_id, "topic": topic, "created_at": sent_at, "payload": TEST_TOPIC_PAYLOAD}
    )


def _wanted(events: Sequence[StoredEvent]) -> list[NewDelivery]:
    """Each event under its own topic; and each change of a customer once as such, by its last."""
    last = {(each.customer_id, each.created_at): each.event_id for each in events}
    wanted: list[NewDelivery] = []
    for each in events:
        changed = each.customer_id is not None
        if changed and last[each.customer_id, each.created_at] == each.event_id:
            wanted.append(_new(each, UPDATED))
        if each.topic != UPDATED:
            wanted.append(_new(each, each.topic))
    return wanted


def _new(event: StoredEvent, topic: str) -> NewDelivery:
    return NewDelivery(
        event_id=event.event_id,
        customer_id=event.customer_id,
        topic=topic,
        ready_at=event.created_at + delay_of(topic),
    )


async def _take_up(desk: Desk, program_id: int, webhook_id: int) -> Sequence[Leased]:
    clock = desk.clock()
    terms = Terms(now=desk.now(program_id), clock=clock, until=clock + _OURS_FOR, most=AT_ONCE)
    async with desk.database.transaction() as on:
        return await stored.lease(on, program_id, webhook_id, terms=terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    """One webhook being told."""

    desk: Desk
    program_id: int
    webhook: Webhook

    async def tell(self, ours: Leased) -> bool:
        """Sends one message; True when it was accepted."""
        try:
            body = await self._body(ours)
        except DatabaseAway as error:
            if not isinstance(error, Busy):
                raise
            body = None
            await self._not_composed(ours, error)
        except Exception as error:  # noqa: BLE001 - one message that cannot be worded holds up no other
            body = None
            await self._not_composed(ours, error)
        if body is None:
            return False
        published = await self.desk.programs.lately(self.program_id)
        program, site_id = published.program, self.webhook.site_id
        site = None if site_id is None else program.site(site_id)
        begun_at = self._now()
        delivery = await self.desk.webhooks.call(
            WebhookCall(
                program_id=self.program_id,
                webhook_id=self.webhook.webhook_id,
                site=site or program.primary_site,
                owner_app_id=self.webhook.owner_app_id,
                url=self.webhook.address,
                topic=self.webhook.topic,
                message_id=str(ours.message_id),
                body=body,
            )
        )
        return await self._note(ours, delivery, begun_at=begun_at)

    async def _body(self, ours: Leased) -> bytes | None:
        """The bytes to be sent; None when there is nothing to send, or it is not ours any more."""
        if ours.body is not None:
            return ours.body
        database, program_id = self.desk.database, self.program_id
        body = await self._composed(ours)
        if body is None:
            reason = "There is nothing to tell any more"
            await stored.end(database, program_id, ours, reason=reason, now=self._now())
            return None
        return await stored.keep_body(database, program_id, ours, body=body)

    async def _composed(self, ours: Leased) -> bytes | None:
        message_id, now = str(ours.message_id), self._now()
        if ours.event_id is None:
            return test_message(self.webhook.topic, message_id, now=now)
        event = await find_event(self.desk.database, self.program_id, ours.event_id)
        if event is None:
            return None
        told = replace(event, topic=self.webhook.topic)
        return await self.desk.composer.compose(
            self.desk, self.program_id, told, message_id=message_id, now=now
        )

    async def _not_composed(self, ours: Leased, error: Exception) -> None:
        """Our own fault, not the receiver's: the message is tried again later, or given up."""
        now = self._now()
        why = f"leal could not word the message: {type(error).__name__}"
        attempt = Attempt(started_at=now, status=None, duration_ms=0, snippet=None, error=why)
        failures = fail(
            webhook=0,
            delivery=ours.failures,
            status=None,
            chance=self._chance(),
            wish_seconds=None,
        )
        async with self.desk.database.transaction() as on:
            await stored.note(on, self.program_id, ours.delivery_id, attempt=attempt)
            await self._put_off(on, ours, failures, why=why)

    async def _note(self, ours: Leased, delivery: Delivery, *, begun_at: datetime) -> bool:
        attempt = _attempt(delivery, begun_at=begun_at)
        accepted = attempt.status is not None and 200 <= attempt.status < 300  # noqa: PLR2004 - 2xx
        async with self.desk.database.transaction() as on:
            await stored.note(on, self.program_id, ours.delivery_id, attempt=attempt)
            if accepted:
                await self._accepted(on, ours)
            else:
                await self._failed(on, ours, delivery)
        return accepted

    async def _accepted(self, on: Runner, ours: Leased) -> None:
        now, webhook_id = self._now(), self.webhook.webhook_id
        before = await stored.lock_failing(on, self.program_id, webhook_id)
        if await stored.end(on, self.program_id, ours, reason=None, now=now):
            recovered = before.failures >= ALERT_AFTER
            await stored.note_accepted(
                on, self.program_id, webhook_id, now=now, recovered=recovered
            )

    async def _failed(self, on: Runner, ours: Leased, delivery: Delivery) -> None:
        now, webhook_id = self._now(), self.webhook.webhook_id
        before = await stored.lock_failing(on, self.program_id, webhook_id)
        status = delivery.status if isinstance(delivery, Answered) else None
        wish = delivery.retry_after_seconds if isinstance(delivery, Answered) else None
        # calls that fail at the same moment are one failure of the receiver
        together = before.retry_at is not None and before.retry_at > now
        failures = fail(
            webhook=before.failures - int(together),
            delivery=ours.failures,
            status=status,
            chance=self._chance(),
            wish_seconds=wish,
        )
        why = _told(delivery)
        await self._put_off(on, ours, failures, why=why)
        if together and failures.paused_because is None:
            return
        await stored.save_failing(
            on,
            self.program_id,
            webhook_id,
            failures=failures.of_webhook,
            retry_at=now + failures.pause,
        )
        if before.state is WebhookState.ACTIVE:
            await self._tell_somebody(on, failures, why=why)

    async def _put_off(self, on: Runner, ours: Leased, failures: Failures, *, why: str) -> None:
        if failures.is_given_up:
            reason = f"Given up after {ours.attempts + 1} tries, the last: {why}"
            await stored.end(on, self.program_id, ours, reason=reason, now=self._now())
            return
        until = self._now() + delivery_pause(failures.of_delivery, chance=self._chance())
        await stored.put_off(on, self.program_id, ours, until=until)

    async def _tell_somebody(self, on: Runner, failures: Failures, *, why: str) -> None:
        now = self._now()
        webhook = replace(self.webhook, failures=failures.of_webhook)
        if failures.paused_because is not None:
            reason = f"{failures.paused_because}; the last: {why}"
            if await webhooks.pause(
                on, self.program_id, webhook.webhook_id, reason=reason, now=now
            ):
                await webhooks.tell(
                    on, self.program_id, webhook, topic=PAUSED, reason=reason, now=now
                )
        elif failures.alerts:
            await webhooks.tell(on, self.program_id, webhook, topic=FAILING, reason=why, now=now)

    def _chance(self) -> float:
        return int.from_bytes(self.desk.entropy()[:4]) / 2**32

    def _now(self) -> datetime:
        return self.desk.now(self.program_id)


def _attempt(delivery: Delivery, *, begun_at: datetime) -> Attempt:
    if isinstance(delivery, Answered):
        return Attempt(
            started_at=begun_at,
            status=delivery.status,
            duration_ms=delivery.duration_ms,
            snippet=delivery.snippet[:SNIPPET_CHARACTERS],
            error=None,
        )
    return Attempt(
        started_at=begun_at,
        status=None,
        duration_ms=delivery.duration_ms,
        snippet=None,
        error=delivery.reason,
    )


def _told(delivery: Delivery) -> str:
    if isinstance(delivery, Answered):
        return f"Answered {delivery.status}"
    return delivery.reason
