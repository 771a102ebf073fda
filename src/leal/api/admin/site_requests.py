"""Reading what is asked of sites, loyalty pages, session tokens and unsubscribes."""

import re
from dataclasses import replace
from typing import Final

from leal.api.admin.requests import Call
from leal.api.fields import Fields
from leal.api.ids import decode_number
from leal.api.json_body import parse_object, read_body
from leal.usecases.desk import Ask
from leal.usecases.webviews import Opening

MIN_APP_NAME: Final = 2
MAX_APP_NAME: Final = 255
APP_NAME: Final = r"[A-Za-z0-9._]+"
MAX_CODE: Final = 35


async def webview_body(call: Call) -> Opening:
    """What a loyalty page is opened for. A site has one currency, whatever is asked for."""
    fields = Fields(parse_object(await read_body(call.request)))
    name = fields.text("channel", min_length=MIN_APP_NAME, max_length=MAX_APP_NAME)
    if name and not re.fullmatch(APP_NAME, name):
        fields.problem("channel", "Invalid name: expected letters, digits, dots and underscores")
    language = fields.optional_text("language", max_length=MAX_CODE)
    fields.optional_text("currency", max_length=MAX_CODE)
    shopper = fields.optional_part("customer")
    opening = Opening(opened_by=name, language=language)
    if shopper is not None:
        opening = replace(
            opening,
            merchant_id=shopper.identifier("merchant_id"),
            email=shopper.email("email"),
        )
    fields.done()
    return opening


async def customer_body(call: Call) -> str:
    """Whom a session token is for."""
    fields = Fields(parse_object(await read_body(call.request)))
    merchant_id = fields.identifier("customer_id")
    fields.done()
    return merchant_id


async def email_body(call: Call) -> str:
    """The address that is to get no loyalty e-mails."""
    fields = Fields(parse_object(await read_body(call.request)))
    email = fields.email("email")
    fields.done()
    return email


def ask_at_site(call: Call) -> Ask:
    """The ask at the site that the path names."""
    site_id = decode_number(call.request.path_params["site_id"], field="site_id", noun="site")
    return replace(call.ask, site_id=site_id)
