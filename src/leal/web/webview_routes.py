"""Loyalty pages: `GET /webview/{token}` shows one, `POST` sends a form of it.

A form is answered with a redirect to the page, which tells what came of it: loading that again, or
sending the same form again, does nothing a second time.
"""

import base64
import re
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leal.domain.money import to_minor
from leal.domain.problems import TooLarge
from leal.domain.refusals import InvalidDiscount
from leal.domain.rewards.redeeming import Redemption
from leal.domain.scene import Scene
from leal.storage.webviews import Webview
from leal.usecases import webviews
from leal.usecases.desk import Desk
from leal.web.contents import static_files
from leal.web.webview_look import Look, Writers
from leal.web.webview_page import ended_page, webview_page
from leal.web.webview_words import accepted, say, why_not

_STYLE: Final = "webview.css"
_MAX_FORM_BYTES: Final = 4_096
_FORM_BYTES: Final = 16
_FORM: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_SENT: Final = re.compile(r"[A-Za-z0-9_-]{22}\.[0-9]{1,16}")
_REWARD: Final = re.compile(r"[1-9][0-9]{0,15}")
_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}


def route(desk: Desk, writers: Writers) -> Route:
    """The pages' route."""
    pages = _Pages(desk, writers)
    return Route("/webview/{token}", pages.serve, methods=["GET", "POST"])


class _Pages:
    """Shows pages and takes their forms in."""

    def __init__(self, desk: Desk, writers: Writers) -> None:
        self._desk = desk
        self._writers = writers
        # relative, so that it works wherever a proxy puts the server
        self._style = f"../static/{_STYLE}?{static_files()[_STYLE].digest}"

    async def serve(self, request: Request) -> Response:
        token: str = request.path_params["token"]
        webview = await webviews.find(self._desk, token)
        if webview is None:
            language = accepted(request.headers.get("accept-language", ""))
            return _page(ended_page(language, style=self._style), status=404)
        if request.method == "POST":
            return await self._take(request, webview, token=token)
        return await self._show(request, webview, token=token)

    async def _show(self, request: Request, webview: Webview, *, token: str) -> Response:
        seen = await webviews.see(self._desk, webview)
        look = self._look(seen, token=token)
        form = request.query_params.get("done", "")
        if not isinstance(seen, Scene) and _SENT.fullmatch(form):
            sent = await webviews.find_sent(self._desk, webview, form)
            refusal = sent.refusal if sent else None
            words = say(why_not(refusal), seen.scene.language) if refusal else None
            look = replace(look, made=webviews.claim_of(seen, sent), refusal=words)
        return _page(webview_page(look, style=self._style))

    def _look(self, seen: webviews.Seen, *, token: str) -> Look:
        is_empty = isinstance(seen, Scene)
        scene = seen if isinstance(seen, Scene) else seen.scene
        return Look(
            scene=scene,
            writers=self._writers,
            customer={} if isinstance(seen, Scene) else self._writers.customer(seen),
            configuration=self._writers.configuration(scene),
            address=token,
            form="" if is_empty else _new_form(self._desk),
        )

    async def _take(self, request: Request, webview: Webview, *, token: str) -> Response:
        fields = await _fields(request)
        form, reward = fields.get("form", ""), fields.get("reward_id", "")
        if not (_FORM.fullmatch(form) and _REWARD.fullmatch(reward)):
            return _back(token)
        sent = f"{form}.{reward}"
        wanted = Redemption(reward_id=int(reward), variant_id=fields.get("variant") or None)
        if "amount" in fields:
            currency = await webviews.currency(self._desk, webview)
            minor = _minor(fields["amount"], currency)
            if minor is None:
                await webviews.refuse(self._desk, webview, form=sent, refusal=InvalidDiscount)
                return _back(f"{token}?done={sent}#result")
            wanted = replace(wanted, discount_minor=minor)
        await webviews.redeem(self._desk, webview, form=sent, wanted=wanted)
        return _back(f"{token}?done={sent}#result")


def _page(html: str, *, status: int = 200) -> Response:
    return Response(html, status, headers=_HEADERS, media_type="text/html")


def _back(address: str) -> Response:
    """To the page, by GET; the address is relative to this one."""
    return RedirectResponse(address, status_code=303, headers=_HEADERS)


def _new_form(desk: Desk) -> str:
    return base64.urlsafe_b64encode(desk.entropy()[:_FORM_BYTES]).decode().rstrip("=")


def _minor(text: str, currency: str) -> int | None:
    """An amount as shoppers write it, with a point or a comma; None for what is none."""
    try:
        return to_minor(Decimal(text.strip().replace(",", ".")), currency)
    except (InvalidOperation, ValueError):
        return None


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form, the first of each name. Raises TooLarge."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM_BYTES:
            raise TooLarge(_MAX_FORM_BYTES)
    fields = parse_qs(body.decode("ascii", "replace"), errors="replace", max_num_fields=None)
    return {name: values[0].replace("\0", "") for name, values in fields.items()}
