"""The links that customers send to their friends: each leads to the shop and says whose it was."""

from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leal.usecases.desk import Desk
from leal.usecases.referrals import CHANNELS, follow_link

PARAMETER: Final = "ll_ref_id"
"""What the shop finds the referral id under, to send it with a sign-up or an order."""


def route(desk: Desk) -> Route:
    """`GET /r/{code}`: 301 to the shop, never kept by browsers, so that every click is counted.

    `?via=` tells on which channel the link was shared. An unknown link is 404. Who only looks where
    it leads (HEAD, as previews do) is not counted.
    """

    async def follow(request: Request) -> Response:
        code = request.path_params["code"]
        channel = request.query_params.get("via") or CHANNELS[0]
        counts = request.method == "GET"
        shop = await follow_link(desk, code, channel=channel, counts=counts)
        return RedirectResponse(
            with_referral(shop, code), status_code=301, headers={"cache-control": "no-store"}
        )

    return Route("/r/{code}", follow)


def with_referral(url: str, code: str) -> str:
    """The shop's address with the referral id added to whatever it asks for already."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode({PARAMETER: code})) if part)
    return urlunsplit(parts._replace(path=parts.path or "/", query=query))
