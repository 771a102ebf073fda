"""How the Admin API words its errors: one table from refusals to codes.

Codes are those of the Headless API where it has them, so that a client knows one set of words.
"""

from leal.api.http import Reply, error_response
from leal.domain.problems import TooMany
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
        "This customer is blocked from the program. Unblock them first",
    ),
    CustomerNotEnrolled: (
        "customer_not_enrolled",
        "This customer is a guest. They must join the program first",
    ),
    EmailAlreadyInUse: (
        "email_already_in_use",
        "Another customer of the program has this e-mail address. Send a different one",
    ),
    InvalidDate: (
        "invalid_date",
        "This date does not exist or lies in the future. Send a day that has been",
    ),
    SubscriptionFailed: (
        "subscription_failed",
        "The customer could not be subscribed",
    ),
    UnsupportedPlatform: (
        "unsupported_platform",
        "This site has no provider of marketing consent. Set one in the program",
    ),
    RewardAlreadyGiven: (
        "reward_already_given",
        "The activity earned a reward, which was given at once. Refund the claimed reward instead",
    ),
    BalanceOutOfRange: (
        "balance_out_of_range",
        "The balance would become too large to count. Send fewer points",
    ),
}


class AdminDialect:
    """The 422 and 429 of this API; the rest is worded as everywhere."""

    def render(self, problem: Exception) -> Reply | None:
        """The answer to a problem, or None to leave it to the common wording."""
        match problem:
            case Refusal():
                return _refused(problem)
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
    if isinstance(refusal, SubscriptionFailed):
        message = f"{message}: {refusal.reason}"
    return error_response(422, message, code=code)
