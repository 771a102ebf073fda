"""Who may come in: credentials, rate limit and scope, before anything of a request is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from leal.api.credentials import BasicPair, bearer, credentials
from leal.api.rate_limit import RateLimit
from leal.api.watching import note_program
from leal.domain.problems import Forbidden
from leal.usecases.access import Access, Caller, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Recognises callers and counts their requests."""

    access: Access
    rate_limit: RateLimit
    clock: Callable[[], datetime]

    async def by_key(self, request: Request) -> Caller:
        """A caller with an API key; Unauthenticated for anything else, Basic pairs included."""
        caller = await self.access.bearer_key(bearer(request.headers.get("authorization")).token)
        return self.counted(request, caller)

    async def by_key_or_site(self, request: Request, *, rate: int = 1) -> Caller:
        """A caller with an API key, or with the token and secret of a site."""
        found = credentials(request.headers.get("authorization"))
        if isinstance(found, BasicPair):
            caller = await self.access.site_pair(found.name, found.secret)
        else:
            caller = await self.access.bearer_key(found.token)
        return self.counted(request, caller, rate=rate)

    def counted(self, request: Request, caller: Caller, *, rate: int = 1) -> Caller:
        """The caller, whose requests of this second are not used up; else TooMany.

        What may be asked `rate` times as often as usual is counted apart from the rest.
        """
        note_program(request.scope, caller.program_id)
        key = caller.limit_key if rate == 1 else f"{caller.limit_key}/{rate}"
        self.rate_limit.check(key, times=rate)
        return caller


def require(caller: Caller, scope: Scope | None) -> None:
    """Raises Forbidden when the caller's credentials do not cover the scope."""
    if scope is not None and scope not in caller.scopes:
        raise Forbidden(f"This key lacks the scope {scope}. Use one that has it.")
