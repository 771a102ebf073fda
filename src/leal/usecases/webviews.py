"""Loyalty pages for apps and shops that have none: opened by a key, looked at by a shopper.

Whoever knows the address of a page acts as its shopper for as long as it lasts, so addresses cannot
be guessed and do not last long.
"""

import base64
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from leal.domain.claims import ClaimedReward
from leal.domain.enrolment import Visit
from leal.domain.problems import Missing
from leal.domain.refusals import Refusal
from leal.domain.rewards.redeeming import Redemption
from leal.domain.scene import Scene
from leal.domain.sites import Site
from leal.storage import webviews
from leal.storage.webviews import Sent, Webview
from leal.usecases import customers, rewards
from leal.usecases.desk import Ask, Desk, Outcome, look, scene_now
from leal.usecases.stock import scene_with_stock

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
Seen: TypeAlias = Outcome | Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a page is opened for: an app, by its name, and its shopper if it knows one."""

    opened_by: str
    language: str | None = None
    merchant_id: str | None = None
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A page that was opened; the token is told this once. `expires_at` is by our own clock."""

    token: str
    expires_at: datetime


async def open_page(desk: Desk, ask: Ask, opening: Opening) -> Opened:
    """Opens a page at the site of `ask`. Its shopper opens the shop by it, as in a session.

    A language that the site lacks is its default one. Raises Missing for an unknown site, and what
    `initialize_session` raises.
    """
    scene = await scene_now(desk, ask)
    if opening.merchant_id is not None:
        visit = Visit(email=opening.email)
        await customers.initialize_session(desk, ask, merchant_id=opening.merchant_id, visit=visit)
    token = base64.urlsafe_b64encode(desk.entropy()).decode().rstrip("=")
    now = desk.clock()
    webview = Webview(
        program_id=ask.program_id,
        site_id=scene.site.id,
        merchant_id=opening.merchant_id,
        language=_spoken(scene.site, opening.language),
        opened_by=opening.opened_by,
        expires_at=now + desk.webview_lasts,
    )
    await webviews.add(desk.database, webview, token=token, now=now)
    return Opened(token=token, expires_at=webview.expires_at)


async def find(desk: Desk, token: str) -> Webview | None:
    """The page of a token; None when there is none, or it has ended."""
    if not _TOKEN.fullmatch(token):
        return None
    return await webviews.find(desk.database, token, now=desk.clock())


async def currency(desk: Desk, webview: Webview) -> str:
    """The currency of a page's site."""
    return (await scene_now(desk, await _ask(desk, webview))).site.currency


async def see(desk: Desk, webview: Webview) -> Seen:
    """What a page shows: its shopper, or the program alone where there is none, or none now."""
    ask = await _ask(desk, webview)
    if webview.merchant_id is None:
        return await scene_with_stock(desk, ask)
    try:
        return await look(desk, ask, webview.merchant_id)
    except Missing:
        return await scene_with_stock(desk, ask)


async def redeem(desk: Desk, webview: Webview, *, form: str, wanted: Redemption) -> None:
    """A page's shopper buys a reward. A form that was sent before does nothing again.

    What comes of it is found by `find_sent`, a refusal too.
    """
    if webview.merchant_id is None or not await webviews.take(desk.database, webview, form):
        return
    sent = Sent(claimed_reward_id=None, refusal=None)
    try:
        _, claim = await rewards.claim(
            desk, await _ask(desk, webview), webview.merchant_id, wanted=wanted
        )
        sent = replace(sent, claimed_reward_id=claim.id)
    except (Refusal, Missing) as no:
        sent = replace(sent, refusal=type(no).__name__)
    await webviews.settle(desk.database, webview, form, sent=sent)


async def refuse(desk: Desk, webview: Webview, *, form: str, refusal: type[Refusal]) -> None:
    """Notes that a form could not be understood, as `redeem` would."""
    if await webviews.take(desk.database, webview, form):
        sent = Sent(claimed_reward_id=None, refusal=refusal.__name__)
        await webviews.settle(desk.database, webview, form, sent=sent)


async def find_sent(desk: Desk, webview: Webview, form: str) -> Sent | None:
    """What came of a form; None when it was never sent."""
    return await webviews.find_sent(desk.database, webview, form)


def claim_of(outcome: Outcome, sent: Sent | None) -> ClaimedReward | None:
    """The claim that a form made, if the customer has it still."""
    wanted = sent and sent.claimed_reward_id
    return next((each for each in outcome.account.claims if each.id == wanted), None)


async def _ask(desk: Desk, webview: Webview) -> Ask:
    """As the page's site and language are now; the program may have changed since."""
    published = await desk.programs.current(webview.program_id)
    site = published.program.site(webview.site_id) or published.program.primary_site
    known = webview.language if webview.language in site.languages else None
    return Ask(program_id=webview.program_id, site_id=site.id, language=known)


def _spoken(site: Site, wanted: str | None) -> str:
    """The site's language that is meant: "de-AT" finds "de", and "de" finds "de-AT"."""
    if wanted:
        plain = wanted.lower().replace("_", "-")
        for spoken in site.languages:
            if spoken.lower() == plain:
                return spoken
        for spoken in site.languages:
            if spoken.lower().partition("-")[0] == plain.partition("-")[0]:
                return spoken
    return site.default_language
