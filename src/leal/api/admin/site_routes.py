"""The operations on sites: what there is, loyalty pages, and tokens for their shoppers' devices."""

from dataclasses import dataclass
from typing import Final

from leal.api import session_tokens
from leal.api.admin.lists import reply
from leal.api.admin.requests import Call, Serve
from leal.api.admin.reward_requests import require_key
from leal.api.admin.site_requests import ask_at_site, customer_body, webview_body
from leal.api.admin.values import Json, instant
from leal.api.gate import Gate
from leal.api.http import Reply
from leal.api.operations import Operation
from leal.domain.problems import Missing
from leal.usecases import sites, webviews
from leal.usecases.access import Scope
from leal.usecases.desk import Desk, scene_now
from leal.usecases.sites import DatedSite

WEBVIEW: Final = "/webview"


def rows(desk: Desk, gate: Gate) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on sites with what serves it."""
    serves = _Serves(desk, gate)
    return (
        (OPEN_PAGE, serves.open_page),
        (LIST, serves.list_sites),
        (AUTHENTICATE, serves.authenticate),
    )


LIST: Final = Operation(
    name="sites.listSites",
    method="GET",
    path="/v2/sites",
    summary="The program's sites, the newest first; API keys only",
    scope=None,
)
OPEN_PAGE: Final = Operation(
    name="sites.createWebviewSession",
    method="POST",
    path="/v2/sites/{site_id}/webviews/sessions",
    summary="Opens a loyalty page for a shopper, or for nobody in particular, for a short time",
    scope=Scope.WRITE_CUSTOMERS,
    rate=5,
)
AUTHENTICATE: Final = Operation(
    name="customers.authenticateCustomer",
    method="POST",
    path="/v2/customers/authenticate",
    summary="Makes a customer session token, good for a day; for old plugins that ask for one",
    scope=Scope.WRITE_CUSTOMERS,
)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk
    gate: Gate

    async def list_sites(self, call: Call) -> Reply:
        require_key(call, None)
        found = await sites.list_sites(self.desk, call.ask.program_id)
        return reply({"sites": [_site(each, call.ask.program_id) for each in found]})

    async def open_page(self, call: Call) -> Reply:
        ask, opening = ask_at_site(call), await webview_body(call)
        opened = await webviews.open_page(self.desk, ask, opening)
        url = f"{self.desk.public_url}{WEBVIEW}/{opened.token}"
        session = {"url": url, "expires_at": instant(opened.expires_at)}
        return reply({"webview_session": session}, status=201)

    async def authenticate(self, call: Call) -> Reply:
        merchant_id = await customer_body(call)
        site = (await scene_now(self.desk, call.ask)).site
        pair = await self.gate.access.sdk_pair(call.ask.program_id, site.id)
        if pair is None:
            raise Missing("site", "This site has no credentials yet")
        key_id, secret = pair
        token = session_tokens.mint(
            {
                "key_id": key_id,
                "site_id": site.id,
                "merchant_id": merchant_id,
                "issued_at": int(self.gate.clock().timestamp()),
            },
            secret=secret,
        )
        return reply({"auth_token": token})


def _site(dated: DatedSite, program_id: int) -> Json:
    """A site. An account has one program here, so their ids are one."""
    site = dated.site
    return {
        "id": site.id,
        "program_id": program_id,
        "account_id": program_id,
        "name": site.name,
        "url": site.url,
        "platform": site.platform,
        "currencies": [site.currency],
        "languages": list(site.languages),
        "created_at": instant(dated.created_at),
        "updated_at": instant(dated.updated_at),
    }
