"""Activities: which rule they complete, why not, and what becomes of it. Values only."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leal.domain.activities import (
    Activity,
    Verdict,
    merchant_id_of,
    moderate,
    official_name,
    perform,
    source_of,
)
from leal.domain.change import Change, begin, with_customer
from leal.domain.claims import ClaimState, UsageStatus
from leal.domain.customers import Account, HistoryKind, Lot, Subject
from leal.domain.program import Program
from leal.domain.refusals import EmailAlreadyInUse, RewardAlreadyUsed
from leal.domain.rules import RULE_KINDS
from leal.domain.rules.completion import WhyNot
from leal.domain.rules.terms import RuleKind
from leal.domain.scene import Scene
from tests.domain.scenes import NOON, member, scene_at
from tests.programs import Document, drop, program_with, put

URL = "https://lion.example/sale"
FIELDS: dict[RuleKind, Document] = {
    RuleKind.COLLECTION_PURCHASE: {"collections": ["1"]},
    RuleKind.PRODUCT_PURCHASE: {"products": ["1"]},
    RuleKind.CUSTOM: {"name": "quiz"},
    RuleKind.FACEBOOK_LIKE: {"facebook_like_url": URL},
    RuleKind.TWITTER_FOLLOW: {"twitter_handle": "lion"},
    RuleKind.INSTAGRAM_FOLLOW: {"instagram_handle": "lion"},
    RuleKind.INSTAGRAM_MENTION: {"instagram_handle": "lion"},
    RuleKind.INSTAGRAM_POST_HASHTAG: {"instagram_handle": "lion", "hashtag": "roar"},
    RuleKind.TIKTOK_FOLLOW: {"tiktok_handle": "lion"},
    RuleKind.TIKTOK_POST_HASHTAG: {"hashtag": "roar"},
    RuleKind.CLICKTHROUGH: {"destination_url": URL},
}
BY_ORDER = (
    RuleKind.PURCHASE,
    RuleKind.PRODUCT_PURCHASE,
    RuleKind.COLLECTION_PURCHASE,
    RuleKind.REFERRAL,
)
WAIT = (RuleKind.REVIEW, RuleKind.RETAIL_PURCHASE)


def rule(kind: RuleKind, number: int = 1, /, **of: object) -> Document:
    fields: Document = {"id": number, "kind": kind.value, "title": "A rule", "points": 10}
    return {**fields, **FIELDS.get(kind, {}), **of}


def program(*rules: Document, expiry: Document | None = None) -> Program:
    changes = [drop("tiers"), put("rules", list(rules)), put("rewards", [])]
    return program_with(*changes, *([put("expiry", expiry)] if expiry else []))


def done(
    scene: Scene, activity: Activity, account: Account | None = None
) -> tuple[Change, WhyNot | None]:
    return perform(begin(account or member(tier=None)), scene, activity)


def saved(change: Change) -> Account:
    """The account as a later load would return it."""
    rows = tuple(replace(row, id=-row.id) for row in change.account.rows)
    return replace(change.account, rows=rows)


@pytest.mark.parametrize("kind", RuleKind)
def test_every_kind_but_those_of_orders_is_completed_by_its_name(kind: RuleKind) -> None:
    assert set(RULE_KINDS) == set(RuleKind)
    scene = scene_at(program(rule(kind)))
    for name in (f"${kind}", kind) if kind is not RuleKind.CUSTOM else ("quiz", "$quiz"):
        change, why = done(scene, Activity(name=name, merchant_id="5", url=URL))
        if kind in BY_ORDER:
            assert (why, change.history) == (WhyNot.NO_ACTIVITY, ())
        elif kind is RuleKind.JOIN_PROGRAM:
            assert (why, change.history) == (WhyNot.MEMBER_ALREADY, ())
        else:
            assert why is None
            (row,) = change.history
            assert row.state == ("pending" if kind in WAIT else "approved")
            assert (row.points, merchant_id_of(row)) == (10, "5")


@pytest.mark.parametrize(
    ("name", "official"),
    [
        ("signup", "$join_program"),
        ("$signup", "$join_program"),
        ("$join_program", "$join_program"),
        ("visit", "$pageview"),
        ("$visit", "$pageview"),
        ("review", "$review"),
        ("$review", "$review"),
        ("quiz", "quiz"),
        ("$quiz", "quiz"),
        ("birthday", "birthday"),
        ("$birthday", "$birthday"),
        ("custom", "custom"),
        ("$custom", "$custom"),
        ("Review", "Review"),
        ("", ""),
        ("$", "$"),
    ],
)
def test_names(name: str, official: str) -> None:
    named = program(rule(RuleKind.CUSTOM), rule(RuleKind.CUSTOM, 2, name="birthday"))
    assert official_name(named, name) == official


def test_an_activity_s_id_is_found_in_its_source_whatever_it_holds() -> None:
    named = program(rule(RuleKind.CUSTOM))
    scene = scene_at(named)
    for merchant_id in ("5", "a:b", ":", "gid://shopify/Review/1", "🦁"):
        change, _ = done(scene, Activity(name="quiz", merchant_id=merchant_id))
        assert merchant_id_of(change.history[0]) == merchant_id
    assert source_of(named, "quiz", None, site=named.primary_site) is None
    change, _ = done(scene, Activity(name="quiz"))
    assert merchant_id_of(change.history[0]) is None


NO: dict[str, tuple[Activity, Document, WhyNot]] = {
    "no rule": (Activity(name="nothing"), {}, WhyNot.NO_RULE),
    "other site": (Activity(name="quiz"), {"sites": [2]}, WhyNot.NOT_ON_SITE),
    "off": (Activity(name="quiz"), {"enabled": False}, WhyNot.DISABLED),
    "before joining": (
        Activity(name="quiz", done_at=NOON - timedelta(hours=2)),
        {},
        WhyNot.BEFORE_JOINING,
    ),
}


@pytest.mark.parametrize("case", NO)
def test_each_no_is_a_value(case: str) -> None:
    activity, differing, why = NO[case]
    site = {"id": 2, "name": "B", "url": URL, "currency": "usd", "languages": ["en"]}
    named = program_with(
        drop("tiers"),
        put("sites.0.primary", value=True),
        put("sites.1", site),
        put("rewards", []),
        put("rules", [rule(RuleKind.CUSTOM) | differing]),
    )
    change, found = done(scene_at(named), activity)
    assert (found, change.is_empty) == (why, True)


def test_guests_and_the_blocked_earn_nothing() -> None:
    scene = scene_at(program(rule(RuleKind.CUSTOM)))
    blocked = replace(member(tier=None).customer, blocked=True)
    for customer, why in (
        (replace(blocked, blocked=False, enrolled_at=None), WhyNot.NOT_ENROLLED),
        (blocked, WhyNot.BLOCKED),
    ):
        change, found = done(scene, Activity(name="quiz"), Account(customer=customer))
        assert (found, change.history) == (why, ())


@pytest.mark.parametrize(
    ("kind", "of", "url", "fits"),
    [
        (RuleKind.CLICKTHROUGH, {}, URL, True),
        (RuleKind.CLICKTHROUGH, {}, URL + "/", False),
        (RuleKind.CLICKTHROUGH, {}, None, False),
        (RuleKind.PAGEVIEW, {}, URL, True),
        (RuleKind.PAGEVIEW, {}, None, False),
        (RuleKind.PAGEVIEW, {"page_patterns": ["/sale"]}, URL + "?a=b", True),
        (RuleKind.PAGEVIEW, {"page_patterns": ["/new"]}, URL, False),
        (RuleKind.PAGEVIEW, {"page_patterns": ["/new"]}, "http://[", False),
    ],
)
def test_addresses(kind: RuleKind, of: Document, url: str | None, *, fits: bool) -> None:
    _, why = done(scene_at(program(rule(kind) | of)), Activity(name=kind, url=url))
    assert why is (None if fits else WhyNot.OTHER_PLACE)


def test_of_several_rules_the_first_that_says_yes_is_completed() -> None:
    once = {"count": 1}
    named = program(
        rule(RuleKind.CLICKTHROUGH, 1, destination_url="https://elsewhere.example/"),
        rule(RuleKind.CLICKTHROUGH, 2, limit=once),
        rule(RuleKind.CLICKTHROUGH, 3, limit=once),
    )
    scene, account, met = scene_at(named), member(tier=None), []
    for _ in range(3):
        change, why = done(scene, Activity(name="$clickthrough", url=URL), account)
        met.append((change.history[-1].rule_id if change.history else None, why))
        account = change.account
    assert met == [(2, None), (3, None), (None, WhyNot.OTHER_PLACE)]


def guest(email: str | None = "alice@example.com") -> Account:
    return Account(customer=replace(member(tier=None).customer, enrolled_at=None, email=email))


@pytest.mark.parametrize(
    ("says", "joins"), [(None, True), (False, True), (True, False)], ids=["none", "no", "yes"]
)
@pytest.mark.parametrize("mode", ["automatic", "manual"])
def test_signing_up_makes_a_member(mode: str, *, says: bool | None, joins: bool) -> None:
    named = program_with(
        drop("tiers"),
        put("enrolment", {"mode": mode}),
        put("rewards", []),
        put("rules", [rule(RuleKind.JOIN_PROGRAM), rule(RuleKind.JOIN_PROGRAM, 2)]),
    )
    activity = Activity(name="signup", merchant_id="5", guest=says)
    change, why = done(scene_at(named), activity, guest())
    assert (change.customer.enrolled_at is not None) == joins
    assert why is (None if joins else WhyNot.NOT_ENROLLED)
    # a cause is unique: of two welcomes one carries it
    assert [row.source for row in change.history] == (
        ["activity:$join_program:5", None] if joins else []
    )


def test_nobody_is_welcomed_twice_under_one_address() -> None:
    scene = scene_at(program(rule(RuleKind.JOIN_PROGRAM), rule(RuleKind.CUSTOM, 2)))
    with pytest.raises(EmailAlreadyInUse):
        perform(begin(guest(None)), scene, Activity(name="signup"), email_taken=True)
    activity = Activity(name="quiz", guest=False)
    change, why = perform(begin(guest(None)), scene, activity, email_taken=True)
    assert (why, change.is_empty) == (WhyNot.NOT_ENROLLED, True)
    change, _ = perform(begin(guest()), scene, Activity(name="signup"), email_taken=True)
    assert change.customer.enrolled_at == NOON


def test_one_who_is_no_guest_joins_and_earns_in_one_go() -> None:
    scene = scene_at(program(rule(RuleKind.JOIN_PROGRAM), rule(RuleKind.CUSTOM, 2)))
    activity = Activity(name="quiz", guest=False, done_at=NOON - timedelta(days=1))
    change, why = done(scene, activity, guest())
    assert (why, change.customer.points_approved) == (None, 20)
    change, why = done(scene, replace(activity, guest=None), guest())
    assert (why, change.is_empty) == (WhyNot.NOT_ENROLLED, True)


@pytest.mark.parametrize(
    ("days_ago", "state", "waits"), [(0, "pending", 14), (10, "pending", 4), (14, "approved", 0)]
)
def test_points_wait_from_the_day_it_was_done(days_ago: int, state: str, waits: int) -> None:
    scene = scene_at(program(rule(RuleKind.CUSTOM, approval_days=14)))
    born = NOON - timedelta(days=100)
    done_at = NOON - timedelta(days=days_ago)
    change, _ = done(scene, Activity(name="quiz", done_at=done_at), member(tier=None, born=born))
    (row,) = change.history
    assert row.state == state
    assert row.approve_at == (NOON + timedelta(days=waits) if waits else None)
    assert row.happened_at == NOON


def test_what_will_be_done_is_done_now() -> None:
    scene = scene_at(program(rule(RuleKind.CUSTOM, approval_days=1)))
    change, _ = done(scene, Activity(name="quiz", done_at=NOON + timedelta(days=9_000)))
    assert change.history[0].approve_at == NOON + timedelta(days=1)


V = Verdict


@pytest.mark.parametrize("kind", [RuleKind.REVIEW, RuleKind.CUSTOM])
@pytest.mark.parametrize(
    ("verdicts", "waiting", "given"),
    [
        ((V.APPROVED,), "approved", "approved"),
        ((V.DECLINED,), "declined", "void"),
        ((V.VOID,), "declined", "void"),
        ((V.APPROVED, V.APPROVED), "approved", "approved"),
        ((V.DECLINED, V.DECLINED), "declined", "void"),
        ((V.APPROVED, V.VOID), "void", "void"),
        ((V.APPROVED, V.DECLINED), "void", "void"),
        ((V.DECLINED, V.APPROVED), "declined", "void"),
        ((V.VOID, V.APPROVED, V.VOID), "declined", "void"),
    ],
)
def test_verdicts(kind: RuleKind, verdicts: tuple[Verdict, ...], waiting: str, given: str) -> None:
    scene = scene_at(program(rule(kind, limit={"count": 1})))
    name = "quiz" if kind is RuleKind.CUSTOM else "review"
    first, _ = done(scene, Activity(name=name, merchant_id="5"))
    account = saved(first)
    for verdict in verdicts:
        change = moderate(begin(account), scene, account.rows[0], verdict=verdict)
        account = change.account
    state = waiting if kind is RuleKind.REVIEW else given
    assert account.rows[0].state == state
    approved = state == "approved"
    assert account.customer.points_approved == (10 if approved else 0)
    assert account.customer.points_pending == 0
    counter = account.counter(Subject.RULE, 1)
    assert counter is not None
    assert counter.total == (1 if approved else 0)
    _, why = done(scene, Activity(name=name, merchant_id="6"), account)
    assert why is (WhyNot.LIMIT_REACHED if approved else None)


@pytest.mark.parametrize("kind", [RuleKind.NEWSLETTER_SIGNUP, RuleKind.BIRTHDAY])
def test_what_is_done_once_cannot_be_done_again_after_a_no(kind: RuleKind) -> None:
    scene = scene_at(program(rule(kind)))
    change, _ = done(scene, Activity(name=kind, merchant_id="5"))
    account = saved(change)
    change = moderate(begin(account), scene, account.rows[0], verdict=Verdict.VOID)
    assert change.customer.points_approved == 0
    _, why = done(scene, Activity(name=kind, merchant_id="6"), change.account)
    assert why is WhyNot.LIMIT_REACHED


@pytest.mark.parametrize(
    ("limit", "days", "why"),
    [
        ({"count": 1, "interval": "year"}, 364, WhyNot.TOO_SOON),
        ({"count": 1, "interval": "year"}, 365, None),
        ({"count": 5, "interval": "day"}, 1, WhyNot.TOO_SOON),
        ({"count": 5, "interval": "day"}, 0, WhyNot.TOO_SOON),
        (None, 364, WhyNot.TOO_SOON),
        (None, 366, None),
    ],
)
def test_another_birthday_brings_nothing_within_365_days(
    limit: Document | None, days: int, why: WhyNot | None
) -> None:
    """Whatever the rule's limit: a calendar year ends between 10 June and 9 June."""
    shop = program(rule(RuleKind.BIRTHDAY, limit=limit))
    change, _ = done(scene_at(shop), Activity(name="$birthday", merchant_id="5"))
    scene = scene_at(shop, NOON.replace(hour=1) + timedelta(days=days))
    again, found = done(scene, Activity(name="$birthday", merchant_id="6"), saved(change))
    assert found is why
    assert again.customer.points_approved == (20 if why is None else 10)


def test_other_rules_know_no_such_time_between() -> None:
    shop = program(rule(RuleKind.CUSTOM))
    change, _ = done(scene_at(shop), Activity(name="quiz", merchant_id="5"))
    _, why = done(scene_at(shop), Activity(name="quiz", merchant_id="6"), saved(change))
    assert why is None


def test_spent_points_are_taken_back_all_the_same() -> None:
    scene = scene_at(program(rule(RuleKind.CUSTOM)))
    change, _ = done(scene, Activity(name="quiz", merchant_id="5"))
    account = saved(with_customer(change, replace(change.customer, points_approved=3)))
    account = replace(account, lots=(Lot(expires_at=None, remaining=3),))
    change = moderate(begin(account), scene, account.rows[0], verdict=Verdict.VOID)
    assert change.customer.points_approved == -7


def test_a_verdict_about_a_rule_that_is_gone() -> None:
    change, _ = done(scene_at(program(rule(RuleKind.CUSTOM))), Activity(name="quiz"))
    account = saved(change)
    scene = scene_at(program())
    change = moderate(begin(account), scene, account.rows[0], verdict=Verdict.VOID)
    assert (change.customer.points_approved, change.counters) == (0, ())


def test_points_approved_late_do_not_expire_at_once() -> None:
    expiry: Document = {"mode": "date_earned", "months": 6, "enabled_on": "2024-01-01"}
    named = program(rule(RuleKind.REVIEW), expiry=expiry)
    change, _ = done(scene_at(named), Activity(name="review"))
    account, later = saved(change), scene_at(named, NOON + timedelta(days=400))
    change = moderate(begin(account), later, account.rows[0], verdict=Verdict.APPROVED)
    (lot,) = change.account.lots
    assert lot.expires_at is not None
    assert lot.expires_at > later.now + timedelta(days=170)


def test_a_reward_is_given_at_once_and_taken_back_by_a_verdict_unless_it_was_used() -> None:
    earned: Document = {"id": 1, "kind": "custom", "title": "Quiz", "name": "quiz", "reward": 3}
    shipping = {"id": 3, "kind": "free_shipping_voucher", "title": "Free shipping", "cost": 300}
    named = program_with(drop("tiers"), put("rules", [earned]), put("rewards", [shipping]))
    scene = scene_at(named)
    change, why = done(scene, Activity(name="quiz", merchant_id="5"))
    assert why is None
    account = saved(change)
    (row,) = account.rows
    assert (row.kind, merchant_id_of(row)) == (HistoryKind.RECEIVED, "5")
    assert moderate(begin(account), scene, row, verdict=Verdict.APPROVED).is_empty
    (claim,) = account.claims
    used = replace(claim, usage_status=UsageStatus.USED)
    for verdict in (Verdict.DECLINED, Verdict.VOID):
        taken = moderate(begin(account), scene, row, verdict=verdict)
        assert [each.state for each in taken.account.claims] == [ClaimState.VOID]
        assert taken.customer.points_approved == 0
        with pytest.raises(RewardAlreadyUsed):
            moderate(begin(replace(account, held=(used,))), scene, row, verdict=verdict)
