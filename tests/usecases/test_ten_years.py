"""Ten years of a program under each way of reckoning memberships, against a model of them.

People come, buy, give back, claim rewards and forget them, are blocked, are moved by hand and have
birthdays; time passes in months, in hours, and to the very moments at which stays end; background
work comes round, or does not. `make soak` does it with 500 people.
"""

import asyncio
import random
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from leal.usecases import due
from leal.usecases.verification import verify
from tests.databases import DatabaseServer
from tests.soak import examples
from tests.usecases.years import MADE_UP_FOR_DAYS, ZONE, Member, Setup
from tests.usecases.years_people import People, years_program
from tests.worlds import START, world_on

YEARS = 10
PEOPLE = examples(12, soak=500)
STEP_DAYS = examples(75, soak=40)
BUSY_PERCENT = examples(70, soak=40)
AT_ONCE = 4
SETUPS = {
    "rolling": Setup(mode="rolling", counts="spend", months=12),
    "lifetime": Setup(mode="lifetime", counts="points", months=12),
    "calendar": Setup(
        mode="calendar", counts="points", months=6, starts_on=(3, 1), birthdays_in=ZONE
    ),
    "anniversary": Setup(
        mode="anniversary", counts="orders", months=12, windows=0, birthdays_in=ZONE
    ),
}
_FOUND = """
SELECT c.merchant_id, c.tier_id, c.tier_started_at, c.tier_expires_at, c.tier_manual,
    (SELECT count(*) FROM history h WHERE h.program_id = c.program_id
        AND h.customer_id = c.customer_id AND h.kind = 'entered_tier') AS entered,
    (SELECT count(*) FROM history h WHERE h.program_id = c.program_id
        AND h.customer_id = c.customer_id AND h.rule_kind = 'birthday') AS birthdays
FROM customers c
"""
_FINGERPRINT = "SELECT md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM {} t"
COMPARED = (
    "customers",
    "history",
    "transactions",
    "lots",
    "counters",
    "progress",
    "claimed_rewards",
    "claim_uses",
    "orders",
    "events",
    "members_daily",
    "points_daily",
)

Stay = tuple[int | None, datetime | None, datetime | None, bool, int, int]


@pytest.mark.parametrize("mode", SETUPS)
def test_ten_years_come_out_as_in_the_model(database_server: DatabaseServer, mode: str) -> None:
    setup = SETUPS[mode]
    with database_server.fresh() as url, world_on(url, years_program(setup)) as world:
        chance = random.Random(mode)  # noqa: S311 - to be repeatable
        years = Years(People(world=world, setup=setup, chance=chance))
        years.pass_by()
        members = years.people.members
        assert sum(each.entered for each in members) > 2 * PEOPLE, "nobody moved: shows nothing"
        assert mode == "lifetime" or sum(each.renewed for each in members) > PEOPLE / 4
        assert sum(each.birthdays for each in members) > PEOPLE / 2


@dataclass(slots=True)
class Years:
    """Time as it passes for people, and the work that it brings."""

    people: People
    day_done: date | None = None

    def pass_by(self) -> None:
        """The ten years, looked at closely at the end of each."""
        world = self.people.world
        for year in range(1, YEARS + 1):
            end = START + timedelta(days=365.25 * year)
            while world.now < end:
                world.now = min(self._next_moment(), end)
                self._let_people_act()
                if self.people.chance.random() < 0.6:
                    self.work()
            self.work()
            self.work_again_changes_nothing()
            # the tests' server never does it by itself, and plans made for empty tables grow slow
            world.run(world.database.execute("ANALYZE"))
            assert world.run(verify(world.database)).violations == ()

    def work(self) -> None:
        """Background work comes round; then everybody is where the model has them."""
        world = self.people.world
        world.statements.clear()
        # others' open transactions on the server would hold back the events of this database
        world.run(world.database.execute("UPDATE events SET recorded_at = '2000-01-01'"))
        for kind in due.Kind:
            world.run(due.run(world.desk, kind, world.tenant.program_id))
        now, days = self.people.world.now, self._days_begun()
        for member in self.people.members:
            member.is_worked_on(days, now)
        assert self._found() == {
            each.name: (
                each.tier,
                each.since,
                each.ends,
                each.manual,
                each.entered,
                each.birthdays,
            )
            for each in self.people.members
        }

    def work_again_changes_nothing(self) -> None:
        world, before = self.people.world, self._fingerprints()
        world.run(due.run_until_nothing_is_due(world.desk, world.tenant.program_id))
        assert self._fingerprints() == before

    def _days_begun(self) -> list[date]:
        """The days whose birthdays background work has to look after now."""
        today = self.people.world.now.astimezone(self.people.setup.birthdays_in).date()
        first = today
        if self.day_done is not None:
            oldest = today - timedelta(days=MADE_UP_FOR_DAYS - 1)
            first = max(oldest, self.day_done + timedelta(days=1))
        self.day_done = today
        return [first + timedelta(days=n) for n in range((today - first).days + 1)]

    def _found(self) -> dict[str, Stay]:
        world = self.people.world
        rows = world.run(world.database.rows(_FOUND))
        return {
            row["merchant_id"]: (
                row["tier_id"],
                row["tier_started_at"],
                row["tier_expires_at"],
                row["tier_manual"],
                row["entered"],
                row["birthdays"],
            )
            for row in rows
        }

    def _fingerprints(self) -> dict[str, str]:
        world = self.people.world
        return {
            table: world.run(world.database.value(_FINGERPRINT.format(table))) for table in COMPARED
        }

    def _next_moment(self) -> datetime:
        """Some weeks on, or hours, or when a stay ends, or just before, or about a birthday."""
        now, chance = self.people.world.now, self.people.chance
        soon = now + timedelta(days=STEP_DAYS)
        ends = [each.ends for each in self.people.members if each.ends and now < each.ends < soon]
        born = [at for each in self.people.members for at in _birthdays(each, now, soon)]
        match chance.randrange(8):
            case 0 if ends:
                return chance.choice(ends)
            case 1 if ends:
                return chance.choice(ends) - timedelta(microseconds=1)
            case 2 | 3 | 4 if born:
                return chance.choice(born) + timedelta(hours=chance.choice([0, 0, 0, 7, 80, 180]))
            case 5:
                return now + timedelta(hours=chance.randrange(1, 90))
            case _:
                days = chance.randrange(STEP_DAYS // 2, STEP_DAYS * 3 // 2)
                return now + timedelta(days=days, seconds=chance.randrange(86_400))

    def _let_people_act(self) -> None:
        """Half are there from the beginning, the others come along the way."""
        people, chance = self.people, self.people.chance
        gone = (people.world.now - START) / timedelta(days=365.25 * YEARS)
        wanted = min(PEOPLE, round(PEOPLE * (1 + gone) / 2))
        busy = [each for each in people.members if chance.randrange(100) < BUSY_PERCENT]

        async def act() -> None:
            while len(people.members) < wanted:
                await people.comes()
            for start in range(0, len(busy), AT_ONCE):
                await asyncio.gather(*map(people.acts, busy[start : start + AT_ONCE]))

        people.world.run(act())


def _birthdays(member: Member, now: datetime, soon: datetime) -> Iterator[datetime]:
    """The midnights at which a member's birthdays of the time to come begin."""
    if member.born is not None:
        (month, day), zone = member.born, member.setup.birthdays_in
        for year in (now.year, now.year + 1):
            begins = datetime(year, month, min(day, monthrange(year, month)[1]), tzinfo=zone)
            if now < begins < soon:
                yield begins.astimezone(UTC)
