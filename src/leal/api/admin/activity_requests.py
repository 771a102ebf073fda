"""Reading what shops say of activities, and which of them are wanted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from leal.api.admin.order_requests import flag, trace
from leal.api.admin.paging import Asked, List, resumed
from leal.api.admin.requests import Call, limit_of, part_by_id, since_id_of
from leal.api.fields import Fields
from leal.api.ids import decode_id, instant, one
from leal.api.json_body import parse_object, read_body
from leal.domain.activities import Activity, Verdict
from leal.storage.listings import Filters

MAX_URL_CHARACTERS: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class NewActivity:
    """An activity as a shop tells of it, and whose it is."""

    customer_id: str
    email: str
    activity: Activity


def activity_list(call: Call) -> Asked:
    """Which activities are wanted; a cursor decides all but the limit by itself."""
    request, limit = call.request, limit_of(call.request)
    token = one(request, "cursor")
    if token is not None:
        return resumed(List.ACTIVITIES, token, limit=limit)
    filters = Filters(
        since_id=since_id_of(request),
        created_from=instant(request, "created_at_min"),
        created_before=instant(request, "created_at_max"),
    )
    part = part_by_id(request, filters, limit=limit)
    return Asked(of=List.ACTIVITIES, filters=filters, part=part)


async def new_activity_body(call: Call) -> NewActivity:
    """The body that tells of an activity. What it does not need is passed over."""
    fields = Fields(parse_object(await read_body(call.request)))
    nameless = fields.raw("merchant_id") == ""
    activity = Activity(
        name=fields.text("name"),
        merchant_id=None if nameless else fields.optional_identifier("merchant_id", noun=None),
        url=_url(fields),
        done_at=fields.optional_timestamp("date"),
        guest=flag(fields, "guest"),
        referral_id=trace(fields, "referral_id"),
    )
    told = NewActivity(
        customer_id=fields.identifier("customer_id"),
        email=fields.email("customer_email"),
        activity=activity,
    )
    fields.done()
    return told


async def verdict_body(call: Call) -> Verdict:
    """What is decided about an activity."""
    fields = Fields(parse_object(await read_body(call.request)))
    verdict = fields.choice("state", tuple(Verdict))
    fields.done()
    return verdict


def name_in_path(call: Call) -> str:
    """The name of an activity, whether its `$` is escaped or not."""
    return decode_id(call.request.path_params["name"], field="name", noun=None)


def _url(fields: Fields) -> str | None:
    """The address among the properties; PHP writes none at all as an empty list."""
    said = fields.raw("properties")
    properties = None if said == [] else fields.optional_part("properties")
    if properties is None or not isinstance(said, Mapping):
        return None
    return properties.optional_text("url", max_length=MAX_URL_CHARACTERS)
