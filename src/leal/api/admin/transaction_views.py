"""The ledger as the Admin API lists it: each entry with what moved the points."""

from typing import assert_never

from leal.api.admin.claims import claimed_reward
from leal.api.admin.order_views import order_of
from leal.api.admin.values import Json, Showing, instant
from leal.api.admin.views import rule_of, state_of_activity, summary
from leal.domain.activities import merchant_id_of
from leal.domain.customers import Resource
from leal.storage.listings import Posting


def transaction(posting: Posting, showing: Showing, *, orders: bool) -> Json:
    """A ledger transaction, with what it belongs to under the name of its resource.

    `orders` tells whether who asks may read orders.
    """
    return {
        "id": posting.id,
        "customer": summary(posting.customer),
        "points_approved": posting.points_approved,
        "points_pending": posting.points_pending,
        "created_at": instant(posting.created_at),
        "resource": posting.resource,
        posting.resource: _resource(posting, showing, orders=orders),
    }


def _resource(posting: Posting, showing: Showing, *, orders: bool) -> Json | None:
    match posting.resource:
        case Resource.ACTIVITY:
            return _activity(posting, showing, orders=orders)
        case Resource.ADJUSTMENT:
            return {"note": posting.entry.reason}
        case Resource.CLAIMED_REWARD:
            return None if posting.claim is None else claimed_reward(posting.claim, showing)
        case Resource.EXPIRY:
            return {}
        case _:
            assert_never(posting.resource)


def _activity(posting: Posting, showing: Showing, *, orders: bool) -> Json:
    """An activity; one that an order gave names it, and shows it to who may read orders."""
    entry = posting.entry
    shape: Json = {
        "id": entry.id,
        "merchant_id": merchant_id_of(entry),
        "value": entry.points or 0,
        "state": state_of_activity(entry),
        "customer": summary(posting.customer),
        "created_at": instant(entry.happened_at),
        "rule": rule_of(entry, showing),
        "resource": None,
    }
    if posting.order is None:
        return shape
    shape["resource"] = "order"
    if orders:
        shape["order"] = order_of(posting.order, posting.customer, showing)
    return shape
