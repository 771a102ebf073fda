"""The operations on activities."""

from dataclasses import dataclass
from typing import Final

from leal.api.admin.activity_requests import (
    activity_list,
    name_in_path,
    new_activity_body,
    verdict_body,
)
from leal.api.admin.activity_views import activity
from leal.api.admin.lists import PAGE, PAGING, SITE, SITE_OF_THING, beside, cursors, links, reply
from leal.api.admin.requests import Call, Serve, at_site
from leal.api.admin.values import Showing
from leal.api.http import Reply, empty_response
from leal.api.operations import Operation
from leal.storage.listings import Place
from leal.usecases import activities, listings
from leal.usecases.access import Scope
from leal.usecases.desk import Desk


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on activities with what serves it."""
    serves = _Serves(desk)
    return (
        (CREATE, serves.create),
        (UPDATE, serves.update),
        (LIST, serves.list_activities),
    )


CREATE: Final = Operation(
    name="activities.createActivity",
    method="POST",
    path="/v2/activities",
    summary="Tells of something a customer did, which may complete a rule",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE,),
)
UPDATE: Final = Operation(
    name="activities.updateActivity",
    method="PUT",
    path="/v2/activities/{name}/{merchant_id}",
    summary="Approves, declines or voids what an activity earned; what has ended stays ended",
    scope=Scope.WRITE_CUSTOMERS,
    query=(SITE_OF_THING,),
)
LIST: Final = Operation(
    name="activities.listActivities",
    method="GET",
    path="/v2/activities",
    summary="Completed rules, points given or taken by hand, and expired ones, the newest first",
    scope=Scope.READ_CUSTOMERS,
    query=(*PAGING, PAGE),
)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def create(self, call: Call) -> Reply:
        ask, told = at_site(call), await new_activity_body(call)
        await activities.create(
            self.desk, ask, told.customer_id, email=told.email, activity=told.activity
        )
        return empty_response(status=201)

    async def update(self, call: Call) -> Reply:
        name, verdict = name_in_path(call), await verdict_body(call)
        await activities.update(
            self.desk, at_site(call), name, merchant_id=call.merchant_id, verdict=verdict
        )
        return empty_response(status=204)

    async def list_activities(self, call: Call) -> Reply:
        asked = activity_list(call)
        listing = await listings.list_activities(
            self.desk, call.ask.program_id, filters=asked.filters, part=asked.part
        )
        showing = Showing(program=listing.program, public_url=self.desk.public_url)
        found = beside(asked, listing.page, lambda row: Place(id=row.entry.id))
        return reply(
            {
                "activities": [activity(row, showing) for row in listing.page.rows],
                "cursor": cursors(found),
            },
            headers=links(call, found, asked, public_url=self.desk.public_url),
        )
