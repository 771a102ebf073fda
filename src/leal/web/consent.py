"""The page on which an operator lets an app into a program, or does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leal.domain.problems import Forbidden
from leal.storage.operators import Operator
from leal.storage.programs import list_programs
from leal.usecases import oauth
from leal.usecases.access import Scope
from leal.usecases.oauth import OAuthError, UnknownApp, Wish
from leal.usecases.operators import may_look_after
from leal.web.dynamic import go
from leal.web.forms import CSRF, csrf, form, hidden, query
from leal.web.markup import Markup, element
from leal.web.sign_in import Door

_PATH: Final = "/oauth/authorize"
_CARRIED: Final = (
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "response_type",
    "code_challenge",
    "code_challenge_method",
)
WORDS: Final[Mapping[Scope, str]] = {
    Scope.READ_CUSTOMERS: "See your customers, their points and their rewards",
    Scope.WRITE_CUSTOMERS: "See and change customers, give and take points, claim rewards",
    Scope.READ_ORDERS: "See orders",
    Scope.WRITE_ORDERS: "See, report and change orders",
    Scope.READ_UNSUBSCRIBES: "See who does not want e-mails",
    Scope.WRITE_UNSUBSCRIBES: "See and add who does not want e-mails",
    Scope.READ_REVIEWS: "See reviews",
    Scope.WRITE_REVIEWS: "See and report reviews",
    Scope.WRITE_CONFIGURATION: "Change the program itself, such as switching rewards on and off",
}


@dataclass(frozen=True, slots=True)
class Consent:
    """`GET` shows the page, `POST` hears the answer."""

    door: Door

    def routes(self) -> list[Route]:
        """The page and its form."""
        return [Route(_PATH, self.show), Route(_PATH, self.decide, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """Who asks for what; the app is told of its own mistakes at once."""
        asked = query(request)
        try:
            wanted = await self._wish(asked)
        except UnknownApp as why:
            return self._nowhere(why.message)
        except OAuthError as why:
            return _answer(asked, {"error": why.code, "error_description": why.message})
        operator, token = await self.door.who(request), self.door.session(request)
        if operator is None or token is None:
            return self.door.ask_to_sign_in(request)
        programs = await self._programs(operator)
        if not programs:
            return self._nowhere("Your account looks after no program yet.", status=403)
        parts = urlsplit(wanted.app.described.redirect_url)
        return self.door.pages.page(
            f"Let {wanted.app.described.name} in?",
            *_described(wanted, operator),
            _choice(asked, programs, token),
            leads_to=f"{parts.scheme}://{parts.netloc}",
        )

    async def decide(self, request: Request) -> Response:
        """Yes gives the app a code, no an error; both lead back to it."""
        token = self.door.session(request)
        asked = await form(request, token)
        operator = await self.door.who(request)
        if operator is None:
            raise Forbidden("Your session has ended. Go back to the app and begin again.")
        try:
            wanted = await self._wish(asked)
            given = await self._given(request, wanted, operator, asked=asked)
        except UnknownApp as why:
            return self._nowhere(why.message)
        except OAuthError as why:
            given = {"error": why.code, "error_description": why.message}
        return _answer(asked, given)

    async def _given(
        self, request: Request, wanted: Wish, operator: Operator, *, asked: Mapping[str, str]
    ) -> dict[str, str]:
        text = asked.get("program_id", "")
        program_id = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0  # noqa: PLR2004 - 2^53 has 16 digits
        database = self.door.operators.database
        visit = request.scope["request_id"], self.door.clock()
        if asked.get("decision") != "approve":
            await oauth.deny(database, wanted, operator, program_id=program_id, visit=visit)
            return {"error": "access_denied"}
        code = self.door.entropy().hex()
        await oauth.consent(
            database, wanted, operator, program_id=program_id, code=code, visit=visit
        )
        return {"code": code}

    async def _wish(self, asked: Mapping[str, str]) -> Wish:
        app = await oauth.asking_app(self.door.operators.database, asked)
        return oauth.wish(app, asked)

    async def _programs(self, operator: Operator) -> tuple[tuple[int, str], ...]:
        found = await list_programs(self.door.operators.database)
        return tuple(
            (each.program_id, each.name)
            for each in found
            if may_look_after(operator, each.program_id)
        )

    def _nowhere(self, why: str, *, status: int = 400) -> Response:
        hint = "Go back to the app, or ask whoever runs it."
        return self.door.pages.page(
            "This cannot go on", element("p", {"role": "alert"}, f"{why} {hint}"), status=status
        )


def _answer(asked: Mapping[str, str], given: Mapping[str, str]) -> Response:
    """Back to the app: only ever called once its address was compared."""
    url = asked["redirect_uri"]
    state = {"state": asked["state"]} if "state" in asked else {}
    mark = "&" if urlsplit(url).query else "?"
    return go(f"{url.rstrip('?')}{mark}{urlencode({**given, **state})}")


def _described(wanted: Wish, operator: Operator) -> tuple[Markup, ...]:
    app = wanted.app.described
    host = urlsplit(app.redirect_url).hostname or ""
    return (
        element("p", {"class": "lead"}, app.description),
        element("p", None, f"You are {operator.name}. {app.name} ({host}) wants to:"),
        element("ul", None, *(element("li", None, WORDS[scope]) for scope in wanted.scopes)),
    )


def _choice(asked: Mapping[str, str], programs: Sequence[tuple[int, str]], token: str) -> Markup:
    options = [element("option", {"value": str(key)}, name) for key, name in programs]
    return element(
        "form",
        {"method": "post", "action": _PATH, "class": "trial"},
        hidden(CSRF, csrf(token)),
        *(hidden(name, asked[name]) for name in _CARRIED if name in asked),
        element("label", None, "Program ", element("select", {"name": "program_id"}, *options)),
        element("button", {"name": "decision", "value": "approve", "type": "submit"}, "Approve"),
        " ",
        element("button", {"name": "decision", "value": "deny"}, "Deny"),
    )
