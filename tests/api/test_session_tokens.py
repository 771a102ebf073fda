"""A session token proves one customer of one site, for a day, and nothing can be bent about it."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.api.session_tokens import SessionToken, is_session_token, mint, peek, verify
from leal.domain.problems import Unauthenticated

SECRET = b"a secret of the site"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
CLAIMS: dict[str, object] = {
    "key_id": "sdk_1",
    "site_id": 7,
    "merchant_id": "1001",
    "email": "kim@example.com",
    "issued_at": EPOCH,
}


def claims(**changes: object) -> dict[str, object]:
    changed = {**CLAIMS, **changes}
    return {name: value for name, value in changed.items() if value != "absent"}


def opened(payload: dict[str, object], *, now: datetime = NOW, site_id: int = 7) -> SessionToken:
    return verify(peek(mint(payload, secret=SECRET)), secret=SECRET, site_id=site_id, now=now)


def signed(text: str) -> str:
    return f"{text}.{hmac.new(SECRET, text.encode(), 'sha256').hexdigest()}"


def test_a_token_says_who_it_is_for() -> None:
    token = mint(CLAIMS, secret=SECRET)
    assert is_session_token(token)
    assert peek(token).key_id == "sdk_1"
    assert opened(CLAIMS) == SessionToken(site_id=7, merchant_id="1001", email="kim@example.com")


@pytest.mark.parametrize(
    "changes",
    [
        {"key_id": "absent", "kid": "sdk_1"},
        {"merchant_id": "absent", "customer_id": "1001"},
        {"merchant_id": "absent", "customer": {"merchant_id": "1001"}},
        {"email": "absent", "customer": {"email": "kim@example.com"}},
        {"merchant_id": 1001},
        {"merchant_id": "gid://shopify/Customer/1001"},
        {"site_id": "7"},
        {"site_id": "absent"},
        {"issued_at": "absent", "iat": EPOCH},
        {"issued_at": EPOCH + 0.25},
        {"issued_at": "absent", "date": "2026-03-01T13:00:00+01:00"},
        {"expires_at": EPOCH + 60},
        {"exp": "2026-03-01T12:00:01Z"},
        {"unknown": {"a": [1, None]}},
    ],
)
def test_other_spellings_mean_the_same(changes: dict[str, object]) -> None:
    assert opened(claims(**changes)) == opened(CLAIMS)


def test_the_email_may_be_left_out() -> None:
    assert opened(claims(email="absent")).email is None
    assert opened(claims(email=None)).email is None


@pytest.mark.parametrize("strip", [True, False])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_both_alphabets_padded_or_not(encode: object, *, strip: bool) -> None:
    assert callable(encode)
    # the mark makes base64 use the characters in which the alphabets differ
    raw = json.dumps({**CLAIMS, "mark": "???>>>~~~ÿ"}, ensure_ascii=False).encode()
    text = str(encode(raw), "ascii")
    token = signed(text.rstrip("=") if strip else text)
    found = verify(peek(token), secret=SECRET, site_id=7, now=NOW)
    assert found.merchant_id == "1001"


def test_the_signature_may_be_written_in_capitals() -> None:
    text, _, signature = mint(CLAIMS, secret=SECRET).partition(".")
    claimed = peek(f"{text}.{signature.upper()}")
    assert verify(claimed, secret=SECRET, site_id=7, now=NOW).site_id == 7


GOOD = mint(CLAIMS, secret=SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "pat_" + "0" * 32,
        "pat_" + GOOD,
        GOOD + ".",
        GOOD[:-1],
        GOOD + "0",
        GOOD[:-1] + "g",
        GOOD.replace(".", ""),
        "a." + GOOD,
        GOOD + "\n",
        " " + GOOD,
        "====." + "0" * 64,
        "A." + "0" * 64,
        "AAAAA." + "0" * 64,
        signed(base64.b64encode(b"[]").decode()),
        signed(base64.b64encode(b"not json").decode()),
        signed(base64.b64encode(b'{"key_id": "a", "key_id": "b"}').decode()),
        signed(base64.b64encode(b'{"key_id": "\xff"}').decode()),
        mint(claims(key_id="absent"), secret=SECRET),
        mint(claims(key_id=5), secret=SECRET),
        mint(claims(key_id="a b"), secret=SECRET),
        mint(claims(key_id="k" * 256), secret=SECRET),
        mint(claims(padding="x" * 4_096), secret=SECRET),
        "é" * 100,
    ],
)
def test_what_is_no_token_is_not_even_looked_up(text: str) -> None:
    with pytest.raises(Unauthenticated):
        peek(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"merchant_id": "absent"},
        {"merchant_id": ""},
        {"merchant_id": True},
        {"merchant_id": "a\x01"},
        {"merchant_id": "x" * 256},
        {"merchant_id": "gid://shopify/Order/5"},
        {"merchant_id": ["1001"]},
        {"site_id": 8},
        {"site_id": True},
        {"site_id": None},
        {"site_id": "\u0667"},
        {"email": 5},
        {"email": "x" * 300},
        {"issued_at": "absent"},
        {"issued_at": None},
        {"issued_at": True},
        {"issued_at": "yesterday"},
        {"issued_at": -1},
        {"issued_at": 1e18},
        {"issued_at": EPOCH * 1000},
        {"issued_at": EPOCH + 301},
        {"issued_at": EPOCH - 86_400 - 301},
        {"expires_at": EPOCH - 300},
        {"expires_at": EPOCH + 86_401},
        {"expires_at": "never"},
        {"expires_at": False},
        {"exp": 10**18},
    ],
)
def test_a_signed_token_that_claims_too_much_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Unauthenticated):
        opened(claims(**changes))


def test_a_token_lives_a_day_and_clocks_may_differ_by_five_minutes() -> None:
    day, skew = timedelta(hours=24), timedelta(minutes=5)
    for moment in (NOW + day + skew, NOW - skew):
        assert opened(CLAIMS, now=moment).merchant_id == "1001"
    with pytest.raises(Unauthenticated):
        opened(CLAIMS, now=NOW + day + skew + timedelta(seconds=1))
    short = claims(expires_at=EPOCH + 60)
    assert opened(short, now=NOW + timedelta(seconds=359)).site_id == 7
    with pytest.raises(Unauthenticated):
        opened(short, now=NOW + timedelta(seconds=360))


@pytest.mark.parametrize("secret", [b"another secret", b""])
def test_another_secret_proves_nothing(secret: bytes) -> None:
    with pytest.raises(Unauthenticated):
        verify(peek(mint(CLAIMS, secret=secret or b"x")), secret=SECRET, site_id=7, now=NOW)
    with pytest.raises(Unauthenticated):
        verify(peek(GOOD), secret=secret, site_id=7, now=NOW)


def test_an_empty_secret_never_verifies_even_what_it_signed() -> None:
    with pytest.raises(Unauthenticated):
        verify(peek(mint(CLAIMS, secret=b"")), secret=b"", site_id=7, now=NOW)


@given(st.integers(min_value=0, max_value=len(GOOD) - 1), st.sampled_from("aZ09+/_-.=~"))
def test_no_character_can_be_changed(at: int, character: str) -> None:
    bent = GOOD[:at] + character + GOOD[at + 1 :]
    dot = GOOD.index(".")
    if bent[:dot] + bent[dot:].lower() != GOOD:
        with pytest.raises(Unauthenticated):
            verify(peek(bent), secret=SECRET, site_id=7, now=NOW)


@given(st.text(max_size=200))
def test_no_text_is_a_bug(text: str) -> None:
    with pytest.raises(Unauthenticated):
        peek(text)


def test_neither_claims_nor_tokens_print_what_they_hold() -> None:
    shown = repr(peek(GOOD)) + repr(opened(CLAIMS))
    assert "kim@example.com" not in shown
    assert GOOD.split(".")[0] not in shown
