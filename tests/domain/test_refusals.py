"""Refusals travel: through the transactions that some decisions are made in, facts and all.

Planted bug this has caught: refusals as frozen values, which broke on their way out of a context
manager, so that whoever lost a race was answered 500.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from leal.domain.refusals import (
    BalanceOutOfRange,
    BalanceTooLow,
    CartFull,
    InsufficientPoints,
    InvalidDate,
    InvalidDiscount,
    Refusal,
    SubscriptionFailed,
)

WITH_FACTS: tuple[Refusal, ...] = (
    InsufficientPoints(1),
    CartFull(1),
    BalanceTooLow(1),
    BalanceOutOfRange(1),
    InvalidDiscount(1, 2, "usd"),
    InvalidDate(month=2, day=30, year=2025),
    SubscriptionFailed("no"),
)


@contextmanager
def transaction() -> Iterator[None]:
    yield


@pytest.mark.parametrize("refusal", WITH_FACTS, ids=lambda refusal: type(refusal).__name__)
def test_a_refusal_comes_out_of_a_transaction_as_itself(refusal: Refusal) -> None:
    with pytest.raises(type(refusal)) as raised, transaction():
        raise refusal
    assert raised.value is refusal
