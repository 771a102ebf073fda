"""Telling customers of what is within their reach or about to end, each now and then.

Whether a reward or a tier is within reach is looked at some minutes after points were earned, so
that the moment they are earned does not have to wait for it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from leal.domain.announcing import ENDS_SOON, TOLD_AGAIN_AFTER, WAITS, near_tier
from leal.domain.dates import instant_plus_months, local_day
from leal.domain.problems import Missing
from leal.domain.scene import Scene
from leal.domain.topics import (
    APPROACHING_TIER,
    POINTS_EARNED,
    REWARD_AVAILABLE,
    REWARD_EXPIRES,
    REWARD_REMINDER,
    RULE_COMPLETED,
)
from leal.storage import announcements, jobs
from leal.storage.announcements import Announcement, Unreminded
from leal.storage.customers import Wanted
from leal.storage.due import Due, Key
from leal.storage.events import StoredEvent, list_settled_events
from leal.usecases.batches import BATCH, BEGINNING, Tally
from leal.usecases.desk import Ask, Desk, Outcome, look_at, scene_now
from leal.usecases.messages import rewards_within_reach

CURSOR: Final = "announcements"
"""Its cursor holds the id of the last event that was followed."""

_REMINDERS: Final = "reminders"
_EARNING: Final = (POINTS_EARNED, RULE_COMPLETED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reminded:
    """Through which day customers were reminded."""

    day: date


async def announce_all(desk: Desk, program_id: int) -> int:
    """Tells whoever has to be told; returns how many were. Raises WorkFailed."""
    tally = Tally()
    scene = await scene_now(desk, Ask(program_id=program_id))
    telling = _Telling(desk=desk, scene=scene, tally=tally)
    await telling.of_what_is_within_reach()
    await telling.of_what_ends()
    await telling.again()
    return tally.outcome()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Telling:
    desk: Desk
    scene: Scene
    tally: Tally

    @property
    def program_id(self) -> int:
        return self.scene.published.id

    async def of_what_is_within_reach(self) -> None:
        """Follows the events of earning, behind a cursor."""
        database, until = self.desk.database, self.scene.now - WAITS
        after = await jobs.find_cursor(database, self.program_id, CURSOR, shape=int) or 0
        while events := await list_settled_events(
            database, self.program_id, after=after, limit=BATCH
        ):
            ripe = _ripe(events, until)
            earned = {each.customer_id: each for each in ripe if each.topic in _EARNING}
            await self.tally.each(filter(None, earned), self._within_reach)
            if self.tally.failures or not ripe:
                return
            after = ripe[-1].event_id
            await jobs.save_cursor(database, self.program_id, CURSOR, position=after)
            if len(ripe) < len(events):
                return

    async def of_what_ends(self) -> None:
        """Claims that end soon, each once."""
        until, after = self.scene.now + ENDS_SOON, Key(at=self.scene.now, id=BEGINNING.id)
        while ending := await announcements.list_ending_claims(
            self.desk.database, self.program_id, until=until, after=after, limit=BATCH
        ):
            await self.tally.each(ending, self._ends)
            after = ending[-1].key

    async def again(self) -> None:
        """Once a day: members who heard nothing of rewards for a month."""
        zone = self.scene.program.primary_site.zone
        today = local_day(self.scene.now, zone)
        done = await jobs.find_cursor(
            self.desk.database, self.program_id, _REMINDERS, shape=_Reminded
        )
        if done is not None and done.day >= today:
            return
        since, after = instant_plus_months(self.scene.now, -1, zone=zone), 0
        failed_before = self.tally.failures

        async def remind(found: Unreminded) -> int:
            return await self._remind(found, since)

        while found := await announcements.list_unreminded(
            self.desk.database, self.program_id, since=since, after=after, limit=BATCH
        ):
            await self.tally.each(found, remind)
            after = found[-1].customer_id
        if self.tally.failures == failed_before:
            await jobs.save_cursor(
                self.desk.database, self.program_id, _REMINDERS, position=_Reminded(day=today)
            )

    async def _within_reach(self, customer_id: int) -> int:
        found = await self._find(customer_id)
        if found is None:
            return 0
        told = 0
        if rewards_within_reach(found.account, found.scene):
            told += await self._announce(customer_id, REWARD_AVAILABLE, {})
        near = near_tier(found.account, found.scene)
        if near is not None:
            told += await self._announce(customer_id, APPROACHING_TIER, near)
        return told

    async def _ends(self, ending: Due) -> int:
        told = Announcement(
            customer_id=ending.customer_id,
            topic=REWARD_EXPIRES,
            payload={"expires_at": ending.key.at},
            again=None,
            claim_id=ending.key.id,
        )
        return await announcements.announce(
            self.desk.database, self.program_id, told, now=self.scene.now
        )

    async def _remind(self, unreminded: Unreminded, since: datetime) -> int:
        found = await self._find(unreminded.customer_id)
        if found is None or not rewards_within_reach(found.account, found.scene):
            return 0
        payload = {
            "points_approved_in_interval": unreminded.points,
            "points_interval_start_date": since,
        }
        return await self._announce(unreminded.customer_id, REWARD_REMINDER, payload)

    async def _find(self, customer_id: int) -> Outcome | None:
        try:
            ask = Ask(program_id=self.program_id)
            return await look_at(self.desk, ask, Wanted(customer_id=customer_id))
        except Missing:
            return None

    async def _announce(self, customer_id: int, topic: str, payload: dict[str, object]) -> int:
        told = Announcement(
            customer_id=customer_id, topic=topic, payload=payload, again=TOLD_AGAIN_AFTER
        )
        return await announcements.announce(
            self.desk.database, self.program_id, told, now=self.scene.now
        )


def _ripe(events: tuple[StoredEvent, ...], until: datetime) -> tuple[StoredEvent, ...]:
    """The events up to the first that is too young; ages may differ a little from the order."""
    for number, each in enumerate(events):
        if each.created_at > until:
            return events[:number]
    return events
