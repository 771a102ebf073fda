"""Activities against a real database: told twice, at once, of several customers; decided at once.

Planted bugs these catch: a cause looked up for one customer only (a second one's report then never
ends), a second award after a replay, a limit opened twice by two verdicts.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leal.domain.activities import Activity, Verdict
from leal.domain.customers import Customer, Subject
from leal.domain.enrolment import Visit
from leal.domain.problems import Missing
from leal.domain.rules.completion import WhyNot
from leal.usecases import activities, customers
from leal.usecases.desk import Ask
from leal.usecases.verification import verify
from tests.databases import DatabaseServer
from tests.programs import Document, lion_rewards, put
from tests.worlds import World, world_on

QUIZ = Activity(name="quiz", merchant_id="1")
REVIEW = Activity(name="$review", merchant_id="1")


@dataclass(slots=True)
class Club:
    """A club whose members take quizzes, ten at most, and write reviews."""

    world: World

    @property
    def ask(self) -> Ask:
        return Ask(program_id=self.world.tenant.program_id)

    def joins(self, *names: str) -> None:
        for name in names:
            visit = Visit(email=f"{name}@lion.example")
            self.world.run(
                customers.initialize_session(
                    self.world.desk, self.ask, merchant_id=name, visit=visit
                )
            )

    def told(self, activity: Activity, name: str = "ann") -> Awaitable[WhyNot | None]:
        return activities.create(
            self.world.desk, self.ask, name, email=f"{name}@lion.example", activity=activity
        )

    def decided(self, activity: Activity, verdict: Verdict) -> Awaitable[None]:
        return activities.update(
            self.world.desk,
            self.ask,
            activity.name,
            merchant_id=activity.merchant_id or "",
            verdict=verdict,
        )

    def at_once(self, *work: Awaitable[object]) -> list[object]:
        async def gathered() -> list[object]:
            return list(await asyncio.gather(*work))

        return self.world.run(gathered())

    def customer(self, name: str = "ann") -> Customer:
        return self.world.run(customers.get(self.world.desk, self.ask, name)).account.customer

    def completions(self, name: str = "ann") -> int:
        found = self.world.run(customers.get(self.world.desk, self.ask, name)).account
        counter = found.counter(Subject.RULE, 1)
        return counter.total if counter else 0

    def books_agree(self) -> bool:
        report = self.world.run(verify(self.world.database, program_id=self.ask.program_id))
        return report.violations == ()


def _document() -> Document:
    document = lion_rewards()
    del document["tiers"]
    quiz: Document = {"id": 1, "kind": "custom", "name": "quiz", "title": "Quiz", "points": 10}
    review: Document = {"id": 2, "kind": "review", "title": "Review", "points": 50}
    put("rules", [{**quiz, "limit": {"count": 10}}, review])(document)
    put("rewards", [])(document)
    return document


@pytest.fixture(scope="module")
def world(database_server: DatabaseServer) -> Iterator[World]:
    """One database; each test opens a program of its own in it."""
    with database_server.fresh() as url, world_on(url, _document()) as opened:
        yield opened


@pytest.fixture
def club(world: World) -> Club:
    """A new club, which Ann has joined."""
    world.tenant = world.add_program(_document())
    opened = Club(world)
    opened.joins("ann")
    return opened


def test_told_many_times_at_once_it_counts_once(club: Club) -> None:
    reasons = club.at_once(*(club.told(QUIZ) for _ in range(8)))
    assert reasons == [None] * 8
    assert (club.customer().points_approved, club.completions()) == (10, 1)
    assert club.books_agree()


def test_told_of_several_customers_at_once_it_is_one_s(club: Club) -> None:
    club.joins("bob", "cat")
    names = ("ann", "bob", "cat") * 3
    club.at_once(*(club.told(QUIZ, name) for name in names))
    points = [club.customer(name).points_approved for name in ("ann", "bob", "cat")]
    assert sorted(points) == [0, 0, 10]
    assert club.books_agree()


def test_a_stranger_told_of_many_times_at_once_appears_once(club: Club) -> None:
    reasons = club.at_once(*(club.told(QUIZ, "dan") for _ in range(6)))
    assert set(reasons) == {WhyNot.NOT_ENROLLED}
    assert club.customer("dan").enrolled_at is None


def test_a_limit_holds_however_many_come_at_once(club: Club) -> None:
    club.at_once(*(club.told(replace(QUIZ, merchant_id=str(each))) for each in range(15)))
    assert (club.customer().points_approved, club.completions()) == (100, 10)


def test_verdicts_at_once_move_points_once(club: Club) -> None:
    club.world.run(club.told(REVIEW))
    assert club.customer().points_pending == 50
    club.at_once(*(club.decided(REVIEW, Verdict.APPROVED) for _ in range(5)))
    assert (club.customer().points_approved, club.customer().points_pending) == (50, 0)
    club.at_once(*(club.decided(REVIEW, Verdict.VOID) for _ in range(5)))
    assert (club.customer().points_approved, club.customer().points_pending) == (0, 0)
    assert club.books_agree()


def test_a_limit_is_given_back_once(club: Club) -> None:
    for each in range(3):
        club.world.run(club.told(replace(QUIZ, merchant_id=str(each))))
    club.at_once(*(club.decided(QUIZ, Verdict.VOID) for _ in range(4)))
    assert club.completions() == 2


def test_what_nobody_told_of_is_missing(club: Club) -> None:
    for activity in (QUIZ, replace(QUIZ, merchant_id=""), Activity(name="x", merchant_id="1")):
        with pytest.raises(Missing):
            club.world.run(club.decided(activity, Verdict.VOID))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(0, 3)),
        st.tuples(st.sampled_from(list(Verdict)), st.integers(0, 3)),
    ),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_is_told_and_decided_the_books_agree(
    world: World, steps: list[tuple[str, int]]
) -> None:
    """Against a model: an id is pending, approved or over; over for good once it is over."""
    world.tenant = world.add_program(_document())
    club, states = Club(world), dict[int, str]()
    club.joins("ann")
    for step, number in steps:
        activity = replace(REVIEW, merchant_id=str(number))
        if step == "tell":
            world.run(club.told(activity))
            states.setdefault(number, "pending")
        elif number not in states:
            with pytest.raises(Missing):
                world.run(club.decided(activity, Verdict(step)))
        else:
            world.run(club.decided(activity, Verdict(step)))
            if step != Verdict.APPROVED:
                states[number] = "over"
            elif states[number] == "pending":
                states[number] = "approved"
    standing = list(states.values())
    customer = club.customer()
    assert customer.points_approved == 50 * standing.count("approved")
    assert customer.points_pending == 50 * standing.count("pending")
    assert club.books_agree()
