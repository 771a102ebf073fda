"""Pages that are made anew for whoever asks: never kept, without scripts, in the common frame."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import RedirectResponse, Response

from leal.web.contents import MEDIA_TYPES, static_files
from leal.web.frame import Frame
from leal.web.markup import Markup, element, joined

_HEADERS: Final = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Pages:
    """Writes pages. Reusable for every page that people see signed in."""

    def __init__(self) -> None:
        self._frame = Frame(files=static_files(), apis=())

    def page(
        self, title: str, *main: Markup, status: int = 200, leads_to: str | None = None
    ) -> Response:
        """A page; `leads_to` is an origin that its form may end up at by a redirect."""
        shown = joined((element("h1", None, title), *main))
        body = self._frame.page(f"{title} · leal", shown)
        return Response(body, status, headers=_headers(leads_to), media_type=MEDIA_TYPES["html"])


def go(url: str, headers: Mapping[str, str] = _HEADERS) -> Response:
    """Lead on with a GET."""
    return RedirectResponse(url, 303, headers=dict(headers))


def _headers(leads_to: str | None) -> dict[str, str]:
    targets = "'self'" if leads_to is None else f"'self' {leads_to}"
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"form-action {targets}; frame-ancestors 'none'"
    )
    return {**_HEADERS, "content-security-policy": policy}
