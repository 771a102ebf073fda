"""Two programs in one leal, and every operation asked for in the one about what is the other's.

`theirs` has something for each operation of all three APIs, and so has `ours`; whoever calls is of
`ours`. Each thing that a path, a query or a body names is put in, in turn, as a thing of theirs
and as one that nobody has.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from leal.api.admin.routes import table as admin_table
from leal.api.gate import Gate
from leal.api.headless.routes import table as headless_table
from leal.api.operations import Operation
from leal.api.own.routes import table as own_table
from leal.usecases.access import Scope
from leal.usecases.desk import Desk
from tests.contract import schema
from tests.contract.conftest import NewWorld
from tests.contract.headless.completing import rules_program
from tests.contract.headless.redeeming import rewards_program
from tests.contract.headless.walk import Walk
from tests.contract.headless.worlds import Shop, email_of
from tests.contract.writes import ASK, HEADLESS, POOLED, Counter, furnished
from tests.oauth.office import open_office
from tests.programs import Document, lion_rewards
from tests.worlds import Answer, Tenant, World

OPERATIONS: tuple[Operation, ...] = tuple(
    row
    for table in (headless_table, admin_table, own_table)
    for row, _ in table(cast("Desk", None), cast("Gate", None))
)
"""All there are; nobody calls the handlers."""

THEIR_NAME, OUR_NAME = "alpha", "beta"
THEIR_SECRET = f"{THEIR_NAME}-quietly"
"""A customer of theirs whom no request of ours names, but in a query."""

ONLY_THEIRS: Mapping[str, object] = {
    "site_id": 7,
    "reward_id": 88,
    "rule_id": 888,
    "tier_id": 8,
    "name": f"{THEIR_NAME}-quiz",
}
"""What a program gives numbers and names to by itself: some that theirs has and ours has not."""

NOWHERE_NUMBER = 2_000_000_000
NOWHERE, NOBODY = "nowhere", "gamma"

NO_THINGS = {
    *("platform", "variant_id", "cart_id", "email", "channel", "user_agent", "reference"),
    *("limit", "page", "type", "sort_field", "sort_direction", "country", "kind", "state", "topic"),
    *("from", "to", "action", "actor", "about", "since_id", "after", "customer_email"),
    *("created_at_min", "created_at_max", "updated_at_min", "updated_at_max", "cursor"),
}
"""Parameters that name no thing of a program; where a list goes on is tried by itself."""


_NUMBERED_APART = """
DO $$ DECLARE s record; n bigint := 0; BEGIN
    FOR s IN SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public' LOOP
        n := n + 10000;
        PERFORM setval(s.name::regclass, n);
    END LOOP;
END $$
"""
"""No number of one thing is that of another."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in pieces, and whose things it names."""

    operation: Operation
    filled: Mapping[str, object]
    query: Mapping[str, object]
    body: Any

    @property
    def path(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return self.operation.path.format_map(self.filled) + (f"?{query}" if query else "")

    def naming(self, at: "Place", value: object) -> "Asked":
        """The same request, with another thing named there."""
        filled, query, body = dict(self.filled), dict(self.query), _copy(self.body)
        part: Any = {"path": filled, "query": query, "body": body}[at.part]
        *way, last = at.way
        for step in way:
            part = part[step]
        part[last] = value
        if at.way == ("merchant_id",) and isinstance(body, dict) and "confirm" in body:
            body["confirm"] = value
        return Asked(self.operation, filled, query, body)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request names a thing: a part of it, and the way to the field; theirs is `theirs`."""

    part: str
    way: tuple[str, ...]
    theirs: object

    @property
    def nobodys(self) -> object:
        """What looks alike, and nobody has."""
        if isinstance(self.theirs, int):
            return NOWHERE_NUMBER
        text = str(self.theirs)
        return text.replace(THEIR_NAME, NOBODY) if THEIR_NAME in text else NOWHERE


@dataclass(frozen=True, slots=True)
class QuickShop(Shop):
    """A shop whose answers nobody holds against the contract: other tests do."""

    def call(self, operation: str, merchant_id: str = "1001", **how: Any) -> Answer:
        method, path = schema.route(operation)
        address = path.replace("{site_id}", "1").replace("{merchant_id}", merchant_id)
        return self.world.call(method, f"{address}?channel=web", **how)


class TwoPrograms:
    """See the module."""

    def __init__(self, new_world: NewWorld) -> None:
        self.world = furnished(new_world)
        self.world.run(self.world.database.execute(_NUMBERED_APART))
        self.theirs = self.world.tenant
        self.ours = self.world.add_program(rewards_program())
        with self.being(self.ours):
            _furnish(self.world)
        with self.being(self.theirs):
            _furnish(self.world, *_THEIR_PARTS)
        self.world.run(self.world.database.execute("UPDATE programs SET sandbox = true"))
        self._in_queries = self._things()
        self._theirs = {each.name: self._good(each, self.theirs) for each in OPERATIONS}
        with self.being(self.theirs):
            _furnish(self.world, *_THEIR_PARTS, "sites")
        self.world.tenant = self.ours
        office = open_office(self.world)
        office.sign_in()
        code = office.code(more={"scope": ",".join(Scope)})
        self.app_token: str = office.exchange(code).json["access_token"]

    @contextmanager
    def being(self, tenant: Tenant) -> Iterator[None]:
        """Calls as that program for a while."""
        before, self.world.tenant = self.world.tenant, tenant
        try:
            yield
        finally:
            self.world.tenant = before

    def _good(self, operation: Operation, tenant: Tenant) -> Asked:
        """A request of that program that is in order."""
        whose = THEIR_NAME if tenant is self.theirs else OUR_NAME
        with self.being(tenant):
            return asked(self.world, operation, f"{whose}-{operation.name.replace('.', '-')}")

    def places(self, operation: Operation) -> tuple[Asked, tuple[Place, ...]]:
        """A request of ours, and each place where it names a thing."""
        ours, theirs = self._good(operation, self.ours), self._theirs[operation.name]
        found = [("path", way, value) for way, value in _leaves(dict(theirs.filled))]
        found += [("body", way, value) for way, value in _leaves(theirs.body)]
        places = [
            Place(part, way, ONLY_THEIRS.get(way[-1], value))
            for part, way, value in found
            if way[-1] not in NO_THINGS and _is_a_name(way[-1])
        ]
        places += [
            Place("query", (each.name,), self._in_queries[each.name])
            for each in operation.query
            if each.name not in NO_THINGS
        ]
        return ours, tuple(places)

    def ask(self, asked: Asked, authorization: str) -> Answer:
        content = b"" if asked.body is None else json.dumps(asked.body).encode()
        headers = {"authorization": authorization, "x-request-id": "same"}
        method = asked.operation.method
        return self.world.call(method, asked.path, body=content, headers=headers)

    def credentials(self, operation: Operation) -> dict[str, str]:
        """Each kind of ours that opens the operation; a session is of the customer it is about."""
        kinds = {"key": f"Bearer {self.ours.key}", "app": f"Bearer {self.app_token}"}
        if operation not in HEADLESS and not operation.path.startswith("/headless"):
            site = self.ours.sites[0]
            pair = f"{site.token}:{site.secret}".encode()
            kinds["site"] = f"Basic {base64.b64encode(pair).decode()}"
        elif operation.sessions:
            name = f"{OUR_NAME}-{operation.name.replace('.', '-')}"
            kinds["session"] = f"Bearer {self.world.session_token(name)}"
        return kinds

    def kept_of_theirs(self) -> str:
        """A digest of every row of their program."""
        sql = (
            "SELECT table_name AS name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name = 'program_id' ORDER BY 1"
        )
        names = [row["name"] for row in self.world.run(self.world.database.rows(sql))]
        sums = " UNION ALL ".join(
            f"SELECT '{name}' AS name, sum(hashtextextended(t::text, 0))::text AS rows FROM {name} t "  # noqa: S608, E501 - from the catalogue
            "WHERE program_id = $1"
            for name in names
        )
        sql = f"SELECT string_agg(name || ' ' || coalesce(rows, ''), ';') FROM ({sums}) AS s"  # noqa: S608 - as above
        found: str = self.world.run(self.world.database.value(sql, self.theirs.program_id))
        return found

    def _things(self) -> dict[str, object]:
        """A thing of theirs for each parameter of a query that names one."""
        name = THEIR_SECRET
        with self.being(self.theirs):
            counter = Counter(self.world, Walk(QuickShop(self.world), "", name).joins())
            counter.claim("custom")
            counter.delivered()
            self.world.post("/v2/loyalty_emails/unsubscribes", {"email": email_of(name)})
            [shown] = self.world.get(f"/v2/customers?email={email_of(name)}").json["customers"]
            return {
                "site_id": ONLY_THEIRS["site_id"],
                "customer_id": shown["id"],
                "customer": name,
                "order": counter.ordered(),
                "webhook_id": counter.hooked(),
                "about_id": str(shown["id"]),
            }


def asked(world: World, operation: Operation, name: str) -> Asked:
    """A request that is in order, by the world's tenant, about a customer of that name."""
    walk = Walk(QuickShop(world), operation.name, name)
    member = walk.joins()
    if operation.path.startswith("/headless"):
        body = None if operation.method == "GET" else walk.body()
        known = {"site_id": 1, "merchant_id": name}
        return Asked(operation, _of_path(operation, known), {"channel": "web"}, body)
    counter = Counter(world, member)
    if operation.method == "GET":
        return Asked(operation, _reading(operation, counter), {}, None)
    filled, body = ASK[operation.name](counter)
    return Asked(operation, filled, {}, body)


def _reading(operation: Operation, counter: Counter) -> dict[str, object]:
    """What fills the path of an operation that reads."""
    known: dict[str, Any] = {
        "merchant_id": counter.name,
        "reward_id": POOLED,
        "program_id": counter.world.tenant.program_id,
    }
    if operation.path.startswith("/v2/orders/"):
        known["merchant_id"] = counter.ordered()
    return _of_path(operation, known)


def _of_path(operation: Operation, known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}


def _is_a_name(field: str) -> bool:
    return field.endswith("_id") or field in {"code", "name"}


def _leaves(node: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, (*way, name))
    elif way and not isinstance(node, list):
        yield way, node


def _copy(body: Any) -> Any:
    return None if body is None else json.loads(json.dumps(body))


_THEIR_PARTS = ("rewards", "tiers", "rules")


def _furnish(world: World, *more: str) -> None:
    """As `furnished`, with what `more` says that only theirs has."""
    document = rewards_program()
    pooled: Document = {"kind": "cart_discount_voucher", "discount": {"amount": 5}, "cost": 100}
    pooled |= {"title": "Codes", "codes": "pool"}
    parts: dict[str, list[Document]] = {
        "rewards": [*cast("list[Document]", document["rewards"]), {**pooled, "id": POOLED}],
        "rules": [
            *({**each, "id": 90} for each in cast("list[Document]", document["rules"])),
            *cast("list[Document]", rules_program()["rules"]),
        ],
        "sites": [{**each, "primary": True} for each in cast("list[Document]", document["sites"])],
    }
    tiers = cast("Document", lion_rewards()["tiers"])
    ladder = parts["tiers"] = cast("list[Document]", tiers["tiers"])
    theirs: dict[str, Document] = {
        "rewards": {**pooled, "id": ONLY_THEIRS["reward_id"]},
        "rules": {**_QUIZ, "id": ONLY_THEIRS["rule_id"], "name": ONLY_THEIRS["name"]},
        "tiers": {**ladder[-1], "id": ONLY_THEIRS["tier_id"], "key": "b", "lower_bound": 10**6},
        "sites": {**parts["sites"][0], "id": ONLY_THEIRS["site_id"], "primary": False},
    }
    for part in more:
        parts[part].append(theirs[part])
    Walk(QuickShop(world), "", "nobody").publish(
        rewards=parts["rewards"], rules=parts["rules"], sites=parts["sites"], tiers=tiers
    )


_QUIZ: Document = {"kind": "custom", "title": "A quiz", "points": 3}
