"""How leal's own API words its errors: codes for what is missing, gone or too much."""

from leal.api.http import Reply, error_response
from leal.api.own.views import money
from leal.domain.merging import CannotMerge
from leal.domain.problems import Gone, Missing, TooMany
from leal.domain.refusals import (
    BalanceOutOfRange,
    CustomerBlocked,
    CustomerNotEnrolled,
    NothingToFulfil,
    Refusal,
    RewardAlreadyRefunded,
    RewardAlreadyUsed,
    VoucherNotUsable,
)
from leal.usecases.clock import NotASandbox
from leal.usecases.codes import NotFromPool
from leal.usecases.till_vouchers import CardTooLow, UsedByOrder

REFUSALS: dict[type[Refusal], tuple[str, str]] = {
    BalanceOutOfRange: (
        "balance_out_of_range",
        "The balance would become too large to count",
    ),
    CustomerBlocked: (
        "customer_blocked",
        "This customer is blocked from the program. Unblock them first",
    ),
    CustomerNotEnrolled: (
        "customer_not_enrolled",
        "This customer is no member, or the program has no tiers",
    ),
    RewardAlreadyUsed: (
        "reward_already_used",
        "This voucher was used under another reference. Ask the customer for a different one",
    ),
    VoucherNotUsable: (
        "voucher_not_usable",
        "This voucher is not good at this moment. Validate it to see why",
    ),
    RewardAlreadyRefunded: (
        "reward_already_refunded",
        "This claimed reward is void or has expired, so there is nothing to bring any more",
    ),
    NothingToFulfil: (
        "nothing_to_fulfil",
        "Nobody has to bring the customer anything for this claimed reward",
    ),
}
"""What its operations can be refused for: those on vouchers and fulfilments change customers."""


class OwnDialect:
    """The 404, 410, 422 and 429 of this API; the rest is worded as everywhere."""

    def render(self, problem: Exception) -> Reply | None:
        """The answer to a problem, or None to leave it to the common wording."""
        match problem:
            case Missing():
                code = f"{problem.noun.replace(' ', '_')}_not_found"
                return error_response(404, problem.message, code=code)
            case Gone():
                code = f"{problem.noun}_gone"
                return error_response(410, problem.message, code=code, facts=problem.facts)
            case NotASandbox():
                return error_response(422, problem.message, code="not_a_sandbox")
            case CannotMerge():
                return error_response(422, problem.message, code=problem.code)
            case NotFromPool():
                return error_response(422, problem.message, code="codes_not_from_pool")
            case Refusal() | UsedByOrder() | CardTooLow():
                return _refused(problem)
            case TooMany():
                wait = str(problem.retry_after_seconds)
                headers = [("Retry-After", wait)]
                return error_response(429, problem.message, code="rate_limited", headers=headers)
            case _:
                return None


def _refused(refusal: Refusal | UsedByOrder | CardTooLow) -> Reply:
    match refusal:
        case UsedByOrder():
            message = "An order used this voucher. Cancel or refund the order to give it back"
            return error_response(422, message, code="used_by_order")
        case CardTooLow(balance_minor=minor, currency=currency):
            facts = {"balance": money(minor, currency), "currency": currency}
            message = "The gift card holds less than that. Take its balance at most"
            return error_response(422, message, code="balance_too_low", facts=facts)
        case _:
            code, message = REFUSALS[type(refusal)]
            return error_response(422, message, code=code)
