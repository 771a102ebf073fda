"""The head of a request: how large it may be, and the id its sender gave it."""

import re
from enum import Enum
from typing import Final

from starlette.types import Scope

MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 65_536
MAX_URL_BYTES: Final = 16_384
MAX_BODY_BYTES: Final = 1_000_000


class Oversized(Enum):
    """What of a request is too large, with the status and the words that say so."""

    HEADER = (
        431,
        f"The header is too large. Send at most {MAX_HEADERS} fields and {MAX_HEADER_BYTES} bytes.",
    )
    URL = (414, f"The address is too long. Send at most {MAX_URL_BYTES} bytes.")
    BODY = (413, f"The body is too large. Send at most {MAX_BODY_BYTES} bytes.")

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message


def inspected(scope: Scope) -> tuple[str | None, Oversized | None]:
    """The caller's request id if it is a sane one, and what is too large."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    size = url_size = len(scope.get("raw_path", b"")) + len(scope["query_string"])
    request_id = oversized = None
    for name, value in headers:
        size += len(name) + len(value)
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value.decode("ascii")
        elif name == b"content-length" and value.isdigit() and int(value[:20]) > MAX_BODY_BYTES:
            oversized = Oversized.BODY
    if len(headers) > MAX_HEADERS or size > MAX_HEADER_BYTES:
        oversized = Oversized.HEADER
    elif url_size > MAX_URL_BYTES:
        oversized = Oversized.URL
    return request_id, oversized


_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
