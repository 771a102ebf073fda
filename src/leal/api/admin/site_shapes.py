"""The JSON Schemas of sites, loyalty pages, tokens and unsubscribes, by operation."""

from collections.abc import Mapping
from typing import Final

from leal.api.admin.shape_parts import ERROR, ID, OPTIONAL_STRING, STRING, TIME, whole
from leal.api.admin.site_requests import APP_NAME, MAX_APP_NAME, MAX_CODE, MIN_APP_NAME
from leal.api.samples import Schema

_EMAIL: Final[Schema] = {"type": "string", "format": "email", "example": "kim@example.com"}
_URI: Final[Schema] = {"type": "string", "format": "uri"}
_SHOP_ID: Final[Schema] = {"type": ["string", "integer"], "example": "6482117402"}
_STRINGS: Final[Schema] = {"type": "array", "items": STRING, "minItems": 1}
_SITE: Final = whole(
    {
        "id": ID,
        "program_id": ID,
        "account_id": ID,
        "name": STRING,
        "url": _URI,
        "platform": STRING,
        "currencies": _STRINGS,
        "languages": _STRINGS,
        "created_at": TIME,
        "updated_at": TIME,
    }
)
_OPENING: Final[Schema] = {
    "type": "object",
    "properties": {
        "channel": {
            "type": "string",
            "minLength": MIN_APP_NAME,
            "maxLength": MAX_APP_NAME,
            "pattern": f"^{APP_NAME}$",
            "description": "The name of your app",
            "example": "lion_app",
        },
        "language": {
            "type": ["string", "null"],
            "maxLength": MAX_CODE,
            "description": "One that the site lacks is its default one",
            "example": "en",
        },
        "currency": {
            "type": ["string", "null"],
            "maxLength": MAX_CODE,
            "description": "Read and passed over: a site has one",
        },
        "customer": {
            "type": ["object", "null"],
            "properties": {"merchant_id": _SHOP_ID, "email": _EMAIL},
            "required": ["merchant_id", "email"],
            "description": "Who looks at the page: they open the shop with it, as in a session; "
            "without one it shows the program to anybody",
        },
    },
    "required": ["channel"],
}

REQUESTS: Final[Mapping[str, Schema]] = {
    "sites.createWebviewSession": _OPENING,
    "customers.authenticateCustomer": {
        "type": "object",
        "properties": {"customer_id": _SHOP_ID},
        "required": ["customer_id"],
    },
    "emails.createUnsubscribe": {
        "type": "object",
        "properties": {"email": _EMAIL},
        "required": ["email"],
    },
}
RESPONSES: Final[Mapping[str, Mapping[int, Schema | None]]] = {
    "sites.listSites": {200: whole({"sites": {"type": "array", "items": _SITE}})},
    "sites.createWebviewSession": {
        201: whole({"webview_session": whole({"url": _URI, "expires_at": TIME})}),
        422: ERROR,
    },
    "customers.authenticateCustomer": {200: whole({"auth_token": STRING})},
    "emails.listUnsubscribes": {
        200: {"type": "array", "items": whole({"email": STRING, "id": OPTIONAL_STRING})}
    },
    "emails.createUnsubscribe": {201: None, 200: None},
}
