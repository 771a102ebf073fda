"""What the handlers of this API answer with: an outcome as a document, encoded."""

import msgspec

from leal.api.headless.views.customers import customer
from leal.api.headless.views.history import history_row
from leal.api.headless.views.showing import Showing
from leal.api.headless.views.values import Json
from leal.api.http import Reply, json_response
from leal.domain.carts import Cart
from leal.domain.customers import HistoryKind
from leal.usecases.desk import Desk, Outcome


def reply(document: Json, *, status: int = 200) -> Reply:
    """A document as an answer."""
    return json_response(msgspec.json.encode(document), status=status)


def showing(desk: Desk, outcome: Outcome, *, cart: Cart | None = None) -> Showing:
    """What the documents about an outcome are made from."""
    return Showing(scene=outcome.scene, public_url=desk.public_url, cart=cart)


def actions(outcome: Outcome) -> list[Json]:
    """What the change earned or received: rows added just now still have no number of their own."""
    shown = (HistoryKind.EARNED, HistoryKind.RECEIVED)
    return [
        history_row(row, outcome.scene)
        for row in outcome.account.history
        if row.id < 0 and row.kind in shown
    ]


def customer_of(desk: Desk, outcome: Outcome, *, cart: Cart | None = None) -> Json:
    """The customer as they are after all that was done, under the id that the site has for them."""
    shown = customer(outcome.account, showing(desk, outcome, cart=cart))
    return shown if outcome.asked_as is None else {**shown, "merchant_id": outcome.asked_as}
