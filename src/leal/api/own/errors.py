"""How leal's own API words its errors: codes for what is missing and for too many requests."""

from leal.api.http import Reply, error_response
from leal.domain.problems import Missing, TooMany
from leal.usecases.clock import NotASandbox


class OwnDialect:
    """The 404, 422 and 429 of this API; the rest is worded as everywhere.

    Nothing here changes a customer, so no rule of the program can refuse anything.
    """

    def render(self, problem: Exception) -> Reply | None:
        """The answer to a problem, or None to leave it to the common wording."""
        match problem:
            case Missing():
                return error_response(404, problem.message, code=f"{problem.noun}_not_found")
            case NotASandbox():
                return error_response(422, problem.message, code="not_a_sandbox")
            case TooMany():
                wait = str(problem.retry_after_seconds)
                headers = [("Retry-After", wait)]
                return error_response(429, problem.message, code="rate_limited", headers=headers)
            case _:
                return None
