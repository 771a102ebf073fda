"""Signing in and out of pages that only operators see."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leal.domain.problems import TooMany
from leal.storage.operators import Operator
from leal.usecases.operators import Operators, SignInRefused
from leal.web.dynamic import Pages, go
from leal.web.forms import CSRF, Cookies, csrf, form, hidden, local_path, query
from leal.web.markup import element

SIGN_IN = "/login"
_SIGNED_IN = "/account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Tells who somebody is, and lets them in. `entropy` gives 32 random bytes."""

    operators: Operators
    cookies: Cookies
    pages: Pages
    clock: Callable[[], datetime]
    entropy: Callable[[], bytes]

    def routes(self) -> list[Route]:
        """Signing in, signing out, and who one is."""
        return [
            Route(SIGN_IN, self.show),
            Route(SIGN_IN, self.sign_in, methods=["POST"]),
            Route("/logout", self.sign_out, methods=["POST"]),
            Route(_SIGNED_IN, self.account),
        ]

    def session(self, request: Request) -> str | None:
        """The session's token; whether it is good, `who` says. Forms are bound to it."""
        return self.cookies.read(request, self.cookies.session)

    async def who(self, request: Request) -> Operator | None:
        """The operator who asks, None when nobody is signed in."""
        token = self.session(request)
        return None if token is None else await self.operators.who(token, now=self.clock())

    def ask_to_sign_in(self, request: Request) -> Response:
        """Lead to the sign-in page, and from there back to what was asked for."""
        asked = request.scope["query_string"].decode("latin-1")
        back = request.scope["path"] + (f"?{asked}" if asked else "")
        return go(f"{SIGN_IN}?{urlencode({'next': back})}")

    async def show(self, request: Request) -> Response:
        """The form."""
        return self._form(request, query(request).get("next", ""))

    async def sign_in(self, request: Request) -> Response:
        """Check login and password; open a session under a new token."""
        fields = await form(request, self.cookies.read(request, self.cookies.visit))
        back = fields.get("next", "")
        client = request.client
        visit = client.host if client else "", request.scope["request_id"]
        try:
            made = await self.operators.sign_in(
                fields.get("login", ""),
                fields.get("password", ""),
                visit=visit,
                before=self.session(request),
                now=self.clock(),
            )
        except SignInRefused as refused:
            return self._form(request, back, problem=refused.message, status=403)
        except TooMany as refused:
            return self._form(request, back, problem=refused.message, status=429)
        response = go(local_path(back) or _SIGNED_IN)
        self.cookies.take(response, self.cookies.visit)
        self.cookies.give(response, self.cookies.session, made.token)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session, here and in the browser."""
        token = self.session(request)
        await form(request, token)
        if token is not None:
            await self.operators.sign_out(
                token, request_id=request.scope["request_id"], now=self.clock()
            )
        response = go(SIGN_IN)
        self.cookies.take(response, self.cookies.session)
        return response

    async def account(self, request: Request) -> Response:
        """Who one is, and the way out."""
        operator, token = await self.who(request), self.session(request)
        if operator is None or token is None:
            return self.ask_to_sign_in(request)
        return self.pages.page(
            "Signed in",
            element("p", None, f"You are {operator.name} ({operator.login})."),
            element(
                "form",
                {"method": "post", "action": "/logout", "class": "trial"},
                hidden(CSRF, csrf(token)),
                element("button", {"type": "submit"}, "Sign out"),
            ),
        )

    def _form(
        self, request: Request, back: str, *, problem: str | None = None, status: int = 200
    ) -> Response:
        visit = self.cookies.read(request, self.cookies.visit) or self.entropy().hex()
        said = () if problem is None else (element("p", {"role": "alert"}, problem),)
        login = {"name": "login", "autocomplete": "username", "required": None}
        password = {
            "name": "password",
            "type": "password",
            "autocomplete": "current-password",
            "required": None,
        }
        shown = element(
            "form",
            {"method": "post", "action": SIGN_IN, "class": "trial"},
            hidden(CSRF, csrf(visit)),
            hidden("next", local_path(back) or ""),
            element("label", None, "Login", element("input", login)),
            element("label", None, "Password", element("input", password)),
            element("button", {"type": "submit"}, "Sign in"),
        )
        response = self.pages.page("Sign in", *said, shown, status=status)
        self.cookies.give(response, self.cookies.visit, visit)
        return response
