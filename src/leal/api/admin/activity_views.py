"""Activities as the Admin API lists them."""

from leal.api.admin.values import Json, Showing, instant
from leal.api.admin.views import rule_of, state_of_activity, summary
from leal.domain.activities import merchant_id_of
from leal.storage.activities import ListedActivity


def activity(listed: ListedActivity, showing: Showing) -> Json:
    """An activity with its state of now; its points may be less than it earned, or a loss."""
    entry = listed.entry
    return {
        "id": entry.id,
        "merchant_id": merchant_id_of(entry),
        "value": entry.points or 0,
        "state": state_of_activity(entry),
        "customer": summary(listed.customer),
        "created_at": instant(entry.happened_at),
        "rule": rule_of(entry, showing),
    }
