"""Addresses of friends: who is the same person, as far as addresses tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.domain.incentives import cap_of, terms_of
from leal.domain.referral_settings import Incentive
from leal.domain.referrals import folded, friend_key, same_person
from tests.programs import program_with, put

names = st.text(alphabet="abcXYZ.-_", min_size=1, max_size=8)
tags = st.text(alphabet="abcXYZ+", max_size=8)


@pytest.mark.parametrize(
    ("email", "form"),
    [
        ("a@x.example", "a@x.example"),
        ("A@X.example", "a@x.example"),
        (" a@x.example ", "a@x.example"),
        ("a+b@x.example", "a@x.example"),
        ("a+b+c@x.example", "a@x.example"),
        ("a+@x.example", "a@x.example"),
        ("a.b@x.example", "a.b@x.example"),
        ("a@x+y.example", "a@x+y.example"),
    ],
)
def test_the_form_in_which_addresses_are_compared(email: str, form: str) -> None:
    assert folded(email) == form
    assert friend_key(email=email, customer_id=7) == form


def test_a_friend_without_an_address_is_known_by_their_account() -> None:
    assert friend_key(email=None, customer_id=7) == "customer:7"
    assert not same_person(None, None)
    assert not same_person("a@x.example", None)


@given(name=names, one=tags, other=tags)
def test_tags_make_nobody_else(name: str, one: str, other: str) -> None:
    emails = f"{name}+{one}@x.example", f"{name.swapcase()}+{other}@X.example"
    assert same_person(*emails)
    assert folded(folded(emails[0])) == folded(emails[0])


@given(one=names, other=names)
def test_other_names_are_other_people(one: str, other: str) -> None:
    same = one.casefold() == other.casefold()
    assert same_person(f"{one}@x.example", f"{other}@x.example") == same


def incentive(**of: object) -> Incentive:
    program = program_with(put("referrals.incentive", {"incentive_text": "Come", **of}))
    assert program.referrals is not None
    assert program.referrals.incentive is not None
    return program.referrals.incentive


def test_what_a_friend_is_promised() -> None:
    percentage = incentive(
        kind="cart_discount_voucher", discount={"percentage": 10}, maximum_discount="20.50"
    )
    terms = terms_of(percentage, "usd")
    assert (terms.discount_percentage, terms.discount_minor) == (10, None)
    assert (terms.minimum_spend_minor, cap_of(percentage, "usd")) == (None, 2050)

    fixed = incentive(kind="cart_discount_voucher", discount={"amount": 5}, minimum_spend=30)
    terms = terms_of(fixed, "usd")
    assert (terms.discount_percentage, terms.discount_minor) == (None, 500)
    assert (terms.minimum_spend_minor, cap_of(fixed, "usd")) == (3000, None)

    shipping = incentive(kind="free_shipping_voucher", minimum_spend=30)
    terms = terms_of(shipping, "usd")
    assert (terms.discount_percentage, terms.discount_minor) == (None, None)
    assert (terms.minimum_spend_minor, cap_of(shipping, "usd")) == (3000, None)
