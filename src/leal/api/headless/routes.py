"""The Headless API's route table: each operation, and the handler that serves it.

A handler admits the caller, reads the body, calls one use case and shows the outcome. It decides
nothing; what cannot be done is raised below it and worded by the dialect.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from leal.api.gate import Gate
from leal.api.headless import redeem_routes, referral_routes, rule_routes
from leal.api.headless.errors import HeadlessDialect
from leal.api.headless.prefix import PREFIX
from leal.api.headless.replies import actions, customer_of, reply
from leal.api.headless.requests import Call, admit, birthday_body, session_body
from leal.api.headless.views.configuration import configuration
from leal.api.headless.views.customers import birthday
from leal.api.headless.views.redemptions import requested_cart_action
from leal.api.headless.views.values import Json
from leal.api.http import Handler, Reply, json_response
from leal.api.idempotency import keyed
from leal.api.operations import Operation
from leal.domain.carts import Cart
from leal.domain.enrolment import Visit
from leal.usecases import customers
from leal.usecases.access import Scope
from leal.usecases.desk import Desk, Outcome
from leal.usecases.stock import scene_with_stock

_CUSTOMER = f"{PREFIX}/{{site_id}}/customers/{{merchant_id}}"

Serve = Callable[[Call], Awaitable[Reply]]
"""How an admitted call is answered."""


def table(desk: Desk, gate: Gate) -> Sequence[tuple[Operation, Handler]]:
    """Every operation with its handler; the busiest come first, as they are matched in order."""
    rows = keyed(_rows, desk, HeadlessDialect())
    return tuple((operation, _handler(operation, serve, gate)) for operation, serve in rows)


def _rows(desk: Desk) -> Sequence[tuple[Operation, Serve]]:
    serves = _Serves(desk)
    rows: tuple[tuple[Operation, Serve], ...] = (
        (GET_CUSTOMER, serves.get_customer),
        (INITIALIZE_SESSION, serves.initialize_session),
        (GET_CONFIGURATION, serves.get_configuration),
        (SET_BIRTHDAY, serves.set_birthday),
        (ENROLL, serves.enroll),
        (SUBSCRIBE, serves.subscribe),
        *redeem_routes.rows(desk),
        *rule_routes.rows(desk),
        *referral_routes.rows(desk),
    )
    return rows


GET_CONFIGURATION = Operation(
    name="configuration.getConfiguration",
    method="GET",
    path=f"{PREFIX}/{{site_id}}/configuration",
    summary="The program as shoppers of a site see it",
    scope=None,
    sessions=True,
)
GET_CUSTOMER = Operation(
    name="customers.getCustomer",
    method="GET",
    path=_CUSTOMER,
    summary="A customer and the program; changes nothing",
    scope=Scope.READ_CUSTOMERS,
    sessions=True,
)
INITIALIZE_SESSION = Operation(
    name="customers.initializeSession",
    method="POST",
    path=f"{_CUSTOMER}/sessions",
    summary="A shopper opens the shop: creates, enrols and rewards the visit as the program says",
    scope=Scope.WRITE_CUSTOMERS,
    sessions=True,
)
SET_BIRTHDAY = Operation(
    name="customers.setBirthday",
    method="POST",
    path=f"{_CUSTOMER}/birthday",
    summary="A member tells their birthday, once",
    scope=Scope.WRITE_CUSTOMERS,
    sessions=True,
)
ENROLL = Operation(
    name="customers.enroll",
    method="POST",
    path=f"{_CUSTOMER}/enroll",
    summary="A customer joins the program",
    scope=Scope.WRITE_CUSTOMERS,
    sessions=True,
)
SUBSCRIBE = Operation(
    name="customers.emailMarketingSubscribe",
    method="POST",
    path=f"{_CUSTOMER}/email_marketing/subscribe",
    summary="A member agrees to marketing by e-mail",
    scope=Scope.WRITE_CUSTOMERS,
    sessions=True,
)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def get_configuration(self, call: Call) -> Reply:
        scene = await scene_with_stock(self.desk, call.ask)
        return json_response(bytes(configuration(scene)))

    async def get_customer(self, call: Call) -> Reply:
        outcome = await customers.get(self.desk, call.ask, call.merchant_id)
        return reply(self._whole(outcome))

    async def initialize_session(self, call: Call) -> Reply:
        body = await session_body(call)
        outcome = await customers.initialize_session(
            self.desk,
            call.ask,
            merchant_id=call.merchant_id,
            visit=Visit(email=body.email, vouched=body.vouched, page_url=body.page_url),
            cart=body.cart,
        )
        asked = outcome.change.cart_actions if outcome.change else ()
        return reply(
            {
                **self._whole(outcome, cart=body.cart),
                "requested_cart_actions": [requested_cart_action(each) for each in asked],
            }
        )

    async def set_birthday(self, call: Call) -> Reply:
        month, day, year = await birthday_body(call)
        outcome = await customers.set_birthday(
            self.desk, call.ask, call.merchant_id, month=month, day=day, year=year
        )
        known = outcome.account.customer.birthday
        return reply(
            {
                "updated": _changed(outcome),
                "birthday": known and birthday(known),
                "customer": self._customer(outcome),
            }
        )

    async def enroll(self, call: Call) -> Reply:
        outcome = await customers.enrol(self.desk, call.ask, call.merchant_id)
        return reply({"enrolled": _changed(outcome), "customer": self._customer(outcome)})

    async def subscribe(self, call: Call) -> Reply:
        outcome = await customers.subscribe_to_email(self.desk, call.ask, call.merchant_id)
        return reply(
            {
                "updated": _changed(outcome),
                "email_marketing_consent": {"state": outcome.account.customer.email_consent},
                "customer": self._customer(outcome),
                "actions": actions(outcome),
            }
        )

    def _whole(self, outcome: Outcome, *, cart: Cart | None = None) -> Json:
        scene = outcome.scene
        return {
            "channel": scene.channel,
            "currency": scene.site.currency,
            "language": scene.language,
            "customer": self._customer(outcome, cart=cart),
            "configuration": configuration(scene),
        }

    def _customer(self, outcome: Outcome, *, cart: Cart | None = None) -> Json:
        return customer_of(self.desk, outcome, cart=cart)


def _handler(operation: Operation, serve: Serve, gate: Gate) -> Handler:
    async def handler(request: Request) -> Reply:
        return await serve(await admit(request, operation, gate))

    return handler


def _changed(outcome: Outcome) -> bool:
    change = outcome.change
    return change is not None and not change.is_empty
