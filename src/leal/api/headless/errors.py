"""How the Headless API words its errors: one table from refusals to codes."""

from leal.api.http import Reply, error_response
from leal.domain.problems import Missing, TooMany
from leal.domain.refusals import (
    BalanceOutOfRange,
    CustomerBlocked,
    CustomerNotEnrolled,
    EmailAlreadyInUse,
    InvalidDate,
    Refusal,
    RewardAlreadyGiven,
    SubscriptionFailed,
    UnsupportedPlatform,
)

REFUSALS: dict[type[Refusal], tuple[str, str]] = {
    CustomerBlocked: (
        "customer_blocked",
        "This customer is blocked from the program",
    ),
    CustomerNotEnrolled: (
        "customer_not_enrolled",
        "This customer is not a member of the program",
    ),
    EmailAlreadyInUse: (
        "email_already_in_use",
        "Another customer has this e-mail address",
    ),
    InvalidDate: (
        "invalid_date",
        "This date does not exist or lies in the future",
    ),
    SubscriptionFailed: (
        "subscription_failed",
        "The customer could not be subscribed",
    ),
    UnsupportedPlatform: (
        "unsupported_platform",
        "This site has no provider of marketing consent",
    ),
    RewardAlreadyGiven: (
        "reward_already_given",
        "The reward has been given already",
    ),
    BalanceOutOfRange: (
        "balance_out_of_range",
        "The balance would become too large to count",
    ),
}


class HeadlessDialect:
    """The 404, 422 and 429 of this API; the rest is worded as everywhere."""

    def render(self, problem: Exception) -> Reply | None:
        """The answer to a problem, or None to leave it to the common wording."""
        match problem:
            case Refusal():
                return _refused(problem)
            case Missing():
                return error_response(404, problem.message, code="not_found")
            case TooMany():
                return error_response(
                    429,
                    problem.message,
                    code="rate_limited",
                    headers=[("Retry-After", str(problem.retry_after_seconds))],
                )
            case _:
                return None


def _refused(refusal: Refusal) -> Reply:
    code, message = REFUSALS[type(refusal)]
    return error_response(422, message, code=code)
