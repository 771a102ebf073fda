"""Two servers against a small model of leal, over HTTP: compared after every single request.

What shops and merchants do to one customer of a sandbox, told to one server and read from the
other: orders in all the ways they are reported, activities and verdicts, points given and taken,
visits, blocking, new versions of the program; and time, which the sandbox's clock moves on.

Seen to fail: with approval a day late, with only the last of single refunds counted, with a void
activity's points left standing, and with a server that keeps the time it saw last.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leal.usecases.verification import verify
from tests.concurrency.client import Client
from tests.concurrency.fleet import Answer, Fleet, Shop
from tests.soak import examples
from tests.usecases.model import ZONE, Fact, Model
from tests.usecases.model_program import RULES, SETUPS, document

STEPS = 50
HAPPENINGS = {
    "order": 10,
    "update": 14,
    "give": 3,
    "take": 4,
    "session": 6,
    "review": 5,
    "verdict": 5,
    "advance": 7,
    "publish": 2,
    "block": 1,
}
PAYMENTS = ("paid", "paid", "paid", "not_paid", "partially_paid")
REFUNDS = ("not_refunded", "not_refunded", "partially_refunded", "refunded")
VERDICTS = ("approved", "approved", "declined", "void")
HOURS = (1, 11, 23, 24, 25, 72, 14 * 24, 20 * 24, 30 * 24)
CENT = Decimal("0.01")

happenings = st.lists(
    st.tuples(
        st.sampled_from([kind for kind, weight in HAPPENINGS.items() for _ in range(weight)]),
        st.integers(1, 400),
        st.integers(0, 9_999),
    ),
    min_size=STEPS,
    max_size=STEPS,
)


@dataclass(slots=True)
class Run:
    """One customer of a program of their own, and all that was done to them."""

    client: Client
    shop: Shop
    ahead: timedelta = timedelta(0)
    facts: list[Fact] = field(default_factory=list)

    def happen(self, what: str, amount: int, detail: int) -> None:
        """Makes something happen, at the servers and in the list of facts."""
        match what:
            case "order":
                self._order(amount, detail)
            case "update":
                self._update(amount, detail)
            case "review" | "verdict":
                self._activity(what, detail)
            case "advance":
                self.advance(hours=HOURS[detail % len(HOURS)])
            case "publish":
                setup = SETUPS[detail % len(SETUPS)]
                self.note("publish", setup=setup)
                self.shop.publish(document(setup))
            case "block":
                self.note("block", how="blocked" if detail % 2 else "")
                self.tell("PATCH", _ANN, {"customer": {"blocked": detail % 2 == 1}}, status=200)
            case "session":
                self.session(page=detail % 4 > 0)
            case _:
                self._by_hand(what, amount * (1 + detail % 3))

    def noon(self) -> None:
        """Moves time on to just after noon, so that no request falls on a day's first moment."""
        local = self.now.astimezone(ZONE)
        start = local.replace(hour=12, minute=0, second=0, microsecond=0)
        seconds = int((start - local).total_seconds()) % 86_400 + 2
        self._clock(f"{seconds}s")
        self.ahead += timedelta(seconds=seconds)

    def session(self, *, page: bool) -> None:
        """A visit to the shop, of one of its pages or of its app."""
        self.note("session", how="page" if page else "")
        session = {"page_url": "https://lion.example/"} if page else {}
        body = {"customer": {"email": "ann@lion.example"}, "session": session}
        self.tell("POST", f"{_HEADLESS}/sessions?channel=web", body, status=200)

    def advance(self, *, hours: int) -> None:
        """Lets time pass, with the work it brings."""
        self.note("advance", amount=hours)
        self._clock(f"{hours}h")
        self.ahead += timedelta(hours=hours)

    def _clock(self, distance: str) -> None:
        path = f"/leal/v1/programs/{self.shop.program_id}/clock"
        self.tell("POST", path, {"advance": distance}, status=200)

    def _order(self, amount: int, detail: int) -> None:
        name, said = str(detail % 3), _said(amount, detail // 3)
        self.note("order", name=name, how="order", said=said)
        named = {} if detail % 5 == 0 else {"customer_id": "ann"}
        body = {
            "merchant_id": name,
            "customer_email": "Ann@lion.example",
            **named,
            **_statuses(said),
            "total": str(said["total"]),
            "total_shipping": str(said["shipping"]),
            "total_tax": float(said["tax"]),
            "total_refunded": str(said["refunded"]),
        }
        self.tell("POST", "/v2/orders", body, status=201)

    def _update(self, amount: int, detail: int) -> None:
        name, said = str(detail % 3), _part(amount, detail // 3)
        self.note("order", name=name, how="update", said=said)
        known = any((fact.name, fact.how) == (name, "order") for fact in self.facts)
        method, way, body = _told(said)
        status = 201 if method == "POST" else 204
        self.tell(method, f"/v2/orders/{name}{way}", body, status=status if known else 404)

    def _activity(self, what: str, detail: int) -> None:
        name = str(detail % 6)
        if what == "review":
            body = {"name": "$review", "customer_id": "ann", "customer_email": "ann@lion.example"}
            self.note(what, name=name)
            self.tell("POST", "/v2/activities", {**body, "merchant_id": name}, status=201)
            return
        verdict = VERDICTS[detail // 6 % len(VERDICTS)]
        known = name in Model(SETUPS[0], self.facts).reviews
        self.note(what, name=name, how=verdict)
        path, status = f"/v2/activities/%24review/{name}", 204 if known else 404
        self.tell("PUT", path, {"state": verdict}, status=status)

    def _by_hand(self, what: str, amount: int) -> None:
        self.note(what, amount=amount)
        way, status = ("points", 201) if what == "give" else ("remove_points", 204)
        self.tell("POST", f"{_ANN}/{way}", {"points": amount}, status=status)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC) + self.ahead

    def note(self, what: str, **details: Any) -> None:
        self.facts.append(Fact(what=what, at=self.now, **details))

    def tell(self, method: str, path: str, body: object, *, status: int) -> Answer:
        answer = self.client.call(method, path, key=self.shop.key, body=body)
        assert answer.status == status, (method, path, answer, self.facts)
        return answer

    def get(self, path: str) -> Any:
        return self.tell("GET", path, None, status=200).json

    def found(self) -> dict[str, Any]:
        """The customer as leal shows them, in the merchant's words and in the shopper's."""
        (person,) = self.get("/v2/customers?email=ann%40lion.example")["customers"]
        activities = self.get("/v2/activities?page=1&limit=500")["activities"]
        shown = self.get(f"{_HEADLESS}?channel=web")["customer"]
        return {
            "merchant": {
                "approved": person["points_approved"],
                "pending": person["points_pending"],
                "gold": person["loyalty_tier_membership"]["loyalty_tier"]["id"] == 2,
                "blocked": person["blocked"],
                "awards": sorted(
                    (RULES[each["rule"]["id"]], each["state"], each["value"])
                    for each in activities
                    if each["rule"]["id"] is not None or each["value"] > 0
                ),
            },
            "shopper": None if shown["state"] == "blocked" else _shopper(shown),
        }


_ANN = "/v2/customers/ann"
_HEADLESS = "/headless/2025-06/1/customers/ann"


def _shopper(shown: dict[str, Any]) -> dict[str, Any]:
    progress = shown["tier_membership"]["progress"]
    (visit,) = (each for each in shown["available_rules"] if each["id"] == 2)
    return {
        "approved": shown["points_approved"],
        "pending": shown["points_pending"],
        "gold": shown["tier_membership"]["tier_id"] == 2,
        "spend": round(progress["tier_spend"]["now"]["amount"] * 100),
        "visited_enough": visit["context"]["completion_limit"]["state"].startswith("limit_reached"),
        "newest": sorted(
            (RULES[(each.get("rule") or {"id": None})["id"]], each["state"], each["points"])
            for each in shown["history"]
            if each["kind"] in {"earned_points_from_rule", "points_added"}
        ),
    }


def expected(model: Model, *, newest: int) -> dict[str, Any]:
    """The same as the model has it; of the shopper's history the `newest` awards."""
    awards = [(each["what"], each["state"], each["points"]) for each in model.awards]
    both = {"approved": model.approved, "pending": model.pending, "gold": model.gold}
    merchant = {
        **both,
        "blocked": model.blocked,
        "awards": sorted(
            (what, "approved" if state == "expired" else state, points)
            for what, state, points in awards
        ),
    }
    shopper = {
        **both,
        "spend": model.spend,
        "visited_enough": model.visited_enough(),
        "newest": sorted(awards[len(awards) - newest :]),
    }
    return {"merchant": merchant, "shopper": None if model.blocked else shopper}


@pytest.fixture(scope="module")
def client(fleet: Fleet) -> Iterator[Client]:
    made = Client(ports=fleet.ports)
    yield made
    made.close()
    assert fleet.on_database(verify).violations == ()


@settings(
    max_examples=examples(10, soak=500),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(happenings)
def test_two_servers_and_the_model_agree_after_every_request(
    fleet: Fleet, client: Client, told: list[tuple[str, int, int]]
) -> None:
    run = Run(client=client, shop=fleet.new_shop(document(SETUPS[0]), sandbox=True))
    run.noon()
    run.session(page=False)
    for each in told:
        run.happen(*each)
        found = run.found()
        shopper = found["shopper"]
        newest = len(shopper["newest"]) if shopper else 0
        model = Model(SETUPS[0], run.facts)
        assert newest >= min(len(model.awards), 5) or shopper is None
        assert found == expected(model, newest=newest), run.facts


def _said(amount: int, detail: int) -> dict[str, Any]:
    """All there is to say of an order."""
    refund = REFUNDS[detail // 5 % 4]
    return {
        "payment": PAYMENTS[detail % 5],
        "refund": refund,
        "refunded": Decimal(detail // 20 % 50 if refund == "partially_refunded" else 0),
        "cancelled": detail // 1000 == 1,
        "total": Decimal(amount) * 77 / 100,
        "shipping": Decimal(detail % 7),
        "tax": Decimal(detail % 11),
    }


def _part(amount: int, detail: int) -> dict[str, Any]:
    """One report on an order that was told of: its state as a whole, or a single step."""
    whole = _said(amount, detail)
    state = {name: whole[name] for name in ("payment", "refund", "cancelled")}
    parts: tuple[dict[str, Any], ...] = (
        state,
        state | {"refunded": Decimal(amount) / 10},
        state | {"payment": "paid", "refund": "not_refunded", "cancelled": False},
        {"payment": "paid"},
        {"refund": "refunded"},
        {"cancelled": True},
        {"comes": (Decimal(amount) / 3).quantize(CENT)},
        {"goes": (Decimal(amount) / 9).quantize(CENT)},
        {"goes": (Decimal(amount) / 20).quantize(CENT)},
    )
    return parts[amount % len(parts)]


def _told(said: dict[str, Any]) -> tuple[str, str, object]:
    """How a part is reported: method, rest of the path, body."""
    match said:
        case {"comes": amount}:
            return "POST", "/payments", {"amount": str(amount)}
        case {"goes": amount}:
            return "POST", "/refunds", {"amount": float(amount)}
        case {"payment": _, "refund": _, "cancelled": _}:
            back = {"total_refunded": str(said["refunded"])} if "refunded" in said else {}
            return "PUT", "", _statuses(said) | back
        case {"payment": _}:
            return "PUT", "/paid", None
        case {"refund": _}:
            return "PUT", "/refunded", None
        case _:
            return "PUT", "/cancelled", None


def _statuses(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "payment_status": said["payment"],
        "refund_status": said["refund"],
        "cancellation_status": "cancelled" if said["cancelled"] else "not_cancelled",
    }
