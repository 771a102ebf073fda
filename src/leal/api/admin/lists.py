"""How lists are answered: the parameters they share, and the cursors and links beside a page."""

from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from leal.api.admin.paging import Asked, Neighbours, link, neighbours
from leal.api.admin.requests import DEFAULT_LIMIT, MAX_LIMIT, Call, Form
from leal.api.admin.values import Json
from leal.api.http import Headers, Reply, json_response
from leal.api.operations import Parameter
from leal.storage.listings import Page, Place

_Row = TypeVar("_Row")

TIME: Final[dict[str, object]] = {"type": "string", "format": "date-time"}
PAGING: Final = (
    Parameter(
        name="limit",
        meaning="How many at most",
        schema={
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_LIMIT,
            "default": DEFAULT_LIMIT,
        },
    ),
    Parameter(
        name="cursor",
        meaning="From an answer's `cursor` or `Link`: the page beside it. All but `limit` is "
        "then as it was",
        schema={"type": "string"},
    ),
    Parameter(
        name="since_id",
        meaning="Only larger ids, the smallest first; begin with 0",
        schema={"type": "integer", "minimum": 0},
    ),
    Parameter(name="created_at_min", meaning="Created then or later", schema=TIME),
    Parameter(name="created_at_max", meaning="Created before then", schema=TIME),
)
CHANGED: Final = (
    Parameter(name="updated_at_min", meaning="Changed then or later", schema=TIME),
    Parameter(name="updated_at_max", meaning="Changed before then", schema=TIME),
)
PAGE: Final = Parameter(
    name="page",
    meaning="Deprecated: follow `cursor` instead. At most 1,000,000 rows deep",
    schema={"type": "integer", "minimum": 1, "deprecated": True},
)
SITE: Final = Parameter(
    name="site_id",
    meaning="The site it belongs to, or that of the site's token; required where a program has "
    "several",
    schema={"type": "integer", "minimum": 1},
)
SITE_OF_THING: Final = Parameter(
    name="site_id",
    meaning="The site it belongs to, or that of the site's token; required only where several "
    "sites have one with the same id",
    schema={"type": "integer", "minimum": 1},
)
SITE_OF_ID: Final = Parameter(
    name="site_id",
    meaning="The site whose id it is; required only where customers of several sites have the same",
    schema={"type": "integer", "minimum": 1},
)

_KEPT_IN_PATHS = "/%:@!$&'()*+,;=~"


def reply(document: Json, *, status: int = 200, headers: Headers = ()) -> Reply:
    """An object as an answer."""
    return json_response(msgspec.json.encode(document), status=status, headers=headers)


def beside(asked: Asked, page: Page[_Row], place: Callable[[_Row], Place]) -> Neighbours:
    """The cursors of the pages beside this one; an empty page has nothing to go on from."""
    if not page.rows:
        return Neighbours(prev=None, next=None)
    return neighbours(asked, page, first=place(page.rows[0]), last=place(page.rows[-1]))


def links(
    call: Call, cursors: Neighbours, asked: Asked, *, public_url: str, wanted: Form = Form.JSON
) -> list[tuple[str, str]]:
    """The Link header, whose addresses keep the limit and the form of this page."""
    path = quote(call.request.scope["path"], safe=_KEPT_IN_PATHS, encoding="latin-1")
    query = {"limit": str(asked.part.limit)}
    if wanted is not Form.JSON:
        query["type"] = wanted
    return link(f"{public_url}{path}", cursors, query=query)


def cursors(found: Neighbours) -> Json:
    """The cursors as an answer shows them."""
    return {"prev": found.prev, "next": found.next}
