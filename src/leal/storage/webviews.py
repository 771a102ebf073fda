"""Loyalty pages that were opened for shoppers, and what came of the forms on them."""

from dataclasses import dataclass, field
from datetime import datetime

from leal.storage.credentials import digest
from leal.storage.db import Runner

MAX_FORMS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Webview:
    """A page that was opened; `merchant_id` None for nobody, `language` one of the site's."""

    program_id: int
    site_id: int
    merchant_id: str | None
    language: str | None
    opened_by: str
    expires_at: datetime
    token_hash: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of a form: a claim, a refusal by its name, or neither while it is unknown."""

    claimed_reward_id: int | None
    refusal: str | None


# Keeps a new page, and forgets some that have ended; those that others forget are left to them.
_ADD = """
WITH ended AS (
    DELETE FROM webview_sessions WHERE program_id = $1 AND token_hash IN (
        SELECT token_hash FROM webview_sessions WHERE program_id = $1 AND expires_at <= $7
        ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED
    )
)
INSERT INTO webview_sessions (
    program_id, token_hash, site_id, merchant_id, language, opened_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def add(on: Runner, webview: Webview, *, token: str, now: datetime) -> None:
    """Keeps a page, under the hash of its token."""
    await on.execute(
        _ADD,
        webview.program_id,
        digest(token),
        webview.site_id,
        webview.merchant_id,
        webview.language,
        webview.opened_by,
        now,
        webview.expires_at,
    )


_FIND = """
SELECT program_id, site_id, merchant_id, language, opened_by, expires_at, token_hash
FROM webview_sessions WHERE token_hash = $1 AND expires_at > $2
"""


async def find(on: Runner, token: str, *, now: datetime) -> Webview | None:
    """The page of a token, unless it has ended."""
    row = await on.row(_FIND, digest(token), now)
    return Webview(**dict(row)) if row else None


# Takes a form in, once; not more than so many of one page.
_TAKE = """
INSERT INTO webview_forms (program_id, token_hash, form)
SELECT $1, $2, $3 WHERE (
    SELECT count(*) FROM webview_forms WHERE program_id = $1 AND token_hash = $2) < $4
ON CONFLICT DO NOTHING
"""


async def take(on: Runner, webview: Webview, form: str) -> bool:
    """Takes in a form that was sent; False when it was sent before."""
    tag = await on.execute(_TAKE, webview.program_id, webview.token_hash, form, MAX_FORMS)
    return tag == "INSERT 0 1"


_SETTLE = """
UPDATE webview_forms SET claimed_reward_id = $4, refusal = $5
WHERE program_id = $1 AND token_hash = $2 AND form = $3
"""


async def settle(on: Runner, webview: Webview, form: str, *, sent: Sent) -> None:
    """Notes what came of a form."""
    whose = webview.program_id, webview.token_hash, form
    await on.execute(_SETTLE, *whose, sent.claimed_reward_id, sent.refusal)


_FIND_SENT = """
SELECT claimed_reward_id, refusal FROM webview_forms
WHERE program_id = $1 AND token_hash = $2 AND form = $3
"""


async def find_sent(on: Runner, webview: Webview, form: str) -> Sent | None:
    """What came of a form; None when it was never sent."""
    row = await on.row(_FIND_SENT, webview.program_id, webview.token_hash, form)
    return Sent(**dict(row)) if row else None
