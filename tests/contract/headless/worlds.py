"""A shop's developer at the keyboard: calls operations by name, and no answer goes unchecked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leal.api.session_tokens import mint
from tests.contract import schema
from tests.programs import Document, lion_rewards
from tests.worlds import Answer, World

CONFIGURATION = "configuration.getConfiguration"
GET = "customers.getCustomer"
SESSION = "customers.initializeSession"
BIRTHDAY = "customers.setBirthday"
ENROLL = "customers.enroll"
SUBSCRIBE = "customers.emailMarketingSubscribe"
OPERATIONS = (CONFIGURATION, GET, SESSION, BIRTHDAY, ENROLL, SUBSCRIBE)
ON_A_CUSTOMER = OPERATIONS[1:]

TABLES = (
    "customers",
    "history",
    "transactions",
    "lots",
    "counters",
    "progress",
    "claimed_rewards",
    "events",
)

BODIES: Mapping[str, object] = {
    SESSION: {"customer": {"email": "someone@example.com"}},
    BIRTHDAY: {"birthday": {"month": 6, "day": 22, "year": 1990}},
}
"""A good body for each operation that wants one."""


@dataclass(frozen=True, slots=True)
class Shop:
    """Calls a world's Headless API; every answer is held against the contract."""

    world: World

    def call(self, operation: str, merchant_id: str = "1001", **how: Any) -> Answer:
        """Any operation. `site` and `query` fill the address; the rest is as for the world."""
        method, path = schema.route(operation)
        site, query = how.pop("site", 1), how.pop("query", "channel=web")
        address = path.replace("{site_id}", str(site)).replace("{merchant_id}", merchant_id)
        answer = self.world.call(method, f"{address}?{query}", **how)
        if answer.status == 204:
            assert answer.body == b""
            assert 204 in schema.statuses(operation)
            return answer
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-length"] == str(len(answer.body))
        schema.check(operation, answer.status, answer.json)
        return answer

    def good(self, operation: str, merchant_id: str = "1001", **how: Any) -> Answer:
        """Any operation with a body that is in order, unless another is given."""
        if "body" not in how and "json" not in how and operation in BODIES:
            body: Any = BODIES[operation]
            if operation == SESSION:
                body = {"customer": {"email": email_of(merchant_id)}}
            how["json"] = body
        return self.call(operation, merchant_id, **how)

    def configuration(self, **how: Any) -> Any:
        """The body of a configuration that is served."""
        return _body(self.call(CONFIGURATION, **how))

    def customer(self, merchant_id: str = "1001", **how: Any) -> Any:
        """The customer in the document that is served."""
        return _body(self.call(GET, merchant_id, **how))["customer"]

    def visit(self, merchant_id: str = "1001", page: str | None = None, **how: Any) -> Any:
        """Open the shop as someone with an address of their own; the whole body."""
        sent: Document = {"customer": {"email": how.pop("email", email_of(merchant_id))}}
        if page is not None:
            sent["session"] = {"page_url": page}
        if "cart" in how:
            sent["cart"] = how.pop("cart")
        return _body(self.call(SESSION, merchant_id, json=sent, **how))

    def birthday(self, merchant_id: str, month: object, day: object, **how: Any) -> Answer:
        """Tell a birthday; `year` is 1990 unless given."""
        born = {"month": month, "day": day, "year": how.pop("year", 1990)}
        return self.call(BIRTHDAY, merchant_id, json={"birthday": born}, **how)

    def block(self, merchant_id: str) -> None:
        """Block a customer, as the merchant would."""
        self.sql("UPDATE customers SET blocked = true WHERE merchant_id = $1", merchant_id)

    def sql(self, statement: str, *arguments: object) -> None:
        """Bring about what no operation of this API can."""
        done = self.world.run(self.world.database.execute(statement, *arguments))
        assert not done.endswith(" 0"), f"nothing done by {statement}"

    def rows(self, table: str) -> list[str]:
        """All rows of a table as JSON texts, in an order that does not change."""
        statement = f"SELECT to_json(t)::text AS row FROM {table} t"  # noqa: S608 - one of TABLES
        rows = self.world.run(self.world.database.rows(statement))
        return sorted(row["row"] for row in rows)

    def everything(self) -> dict[str, list[str]]:
        """All that is stored about customers."""
        return {table: self.rows(table) for table in TABLES}

    def token(self, customer: object, *, site: int = 0, **claims: Any) -> str:
        """A session token of any of the program's sites, counted from 0."""
        credentials = self.world.tenant.sites[site]
        payload = {
            "key_id": credentials.sdk_key_id,
            "site_id": credentials.site_id,
            "merchant_id": customer,
            "issued_at": int(self.world.now.timestamp()),
            **claims,
        }
        return mint(payload, secret=credentials.sdk_secret.encode())


def email_of(merchant_id: str) -> str:
    """An address that nobody else has."""
    return f"c{merchant_id}@example.com"


def program(*, rules: object = (), rewards: object = (), **parts: object) -> Document:
    """The lion's shop with rules and rewards of one's own, no tiers and no referrals."""
    document = lion_rewards()
    for part in ("tiers", "referrals", "birthdays"):
        del document[part]
    return {**document, "rules": list_of(rules), "rewards": list_of(rewards), **parts}


def only_site(document: Document, **parts: object) -> Document:
    """The document with something changed about its one site."""
    sites = document["sites"]
    assert isinstance(sites, list)
    [site] = sites
    return {**document, "sites": [{**site, **parts}]}


def list_of(things: object) -> list[object]:
    """One thing or several, as a list."""
    return list(things) if isinstance(things, list | tuple) else [things]


def _body(answer: Answer) -> Any:
    assert answer.status == 200, (answer.status, answer.body)
    return answer.json
