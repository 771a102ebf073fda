"""Pages and files whose bytes are ready: sent packed, and not again when they are unchanged."""

import gzip
import hashlib
from dataclasses import dataclass, field
from importlib import resources
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

_SECURITY: Final = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_ASK_EACH_TIME: Final = "no-cache"
_FOR_A_DAY: Final = "public, max-age=86400"


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes of one media type; `kept` says how long they may be shown without asking again."""

    body: bytes
    media_type: str
    kept: str = _ASK_EACH_TIME
    status: int = 200
    packed: bytes = field(init=False, repr=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "packed", gzip.compress(self.body, mtime=0))
        object.__setattr__(self, "digest", hashlib.sha256(self.body).hexdigest()[:16])

    def answer(self, request: Request) -> Response:
        """The content, or 304 without it when the caller has it already."""
        etag = f'"{self.digest}"'
        headers = {**_SECURITY, "etag": etag, "cache-control": self.kept, "vary": "accept-encoding"}
        if self.status == 200 and etag in request.headers.get("if-none-match", ""):  # noqa: PLR2004 - OK
            return Response(status_code=304, headers=headers)
        body = self.body
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            body = self.packed
        return Response(body, self.status, headers=headers, media_type=self.media_type)


def page(html: str, *, status: int = 200) -> Content:
    """A page."""
    return Content(html.encode(), MEDIA_TYPES["html"], status=status)


def static_files() -> dict[str, Content]:
    """The files of the package's folder `static`, by name."""
    folder = resources.files(__package__) / "static"
    return {
        file.name: Content(file.read_bytes(), MEDIA_TYPES[suffix], _FOR_A_DAY)
        for file in folder.iterdir()
        if (suffix := file.name.rpartition(".")[2]) in MEDIA_TYPES
    }
