"""An Authorization header is read exactly or not at all, and its secrets are never printed."""

import base64
from collections.abc import Callable

import pytest

from leal.api.credentials import BasicPair, BearerToken, basic, bearer, credentials
from leal.domain.problems import Unauthenticated


def basic_of(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_credentials_are_read() -> None:
    token = "pat_" + "0" * 32
    assert bearer(f"Bearer {token}") == BearerToken(token=token)
    assert bearer(f"  bearer   {token} ") == BearerToken(token=token)
    assert basic(basic_of("site:se:cret")) == BasicPair(name="site", secret="se:cret")
    assert credentials(f"Bearer {token}") == BearerToken(token=token)
    assert credentials(basic_of("a:b")) == BasicPair(name="a", secret="b")


@pytest.mark.parametrize("read", [bearer, basic, credentials])
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer é",
        "Bearer a\x00",
        "Bearer " + "x" * 4_097,
        "Basic",
        "Basic !!!",
        "Basic YQ",
        basic_of("no colon"),
        basic_of(":secret"),
        basic_of("name:"),
        basic_of("a\0:b"),
        "Basic " + base64.b64encode(b"\xff:b").decode(),
        "Basic " + "YTpi" * 2_000,
        "Digest a",
        "pat_0000",
    ],
)
def test_malformed_credentials_are_unauthenticated(
    read: Callable[[str | None], object], header: str | None
) -> None:
    with pytest.raises(Unauthenticated) as caught:
        read(header)
    assert caught.value.message == "Authentication is required"


def test_one_scheme_is_not_taken_for_the_other() -> None:
    with pytest.raises(Unauthenticated):
        bearer(basic_of("a:b"))
    with pytest.raises(Unauthenticated):
        basic("Bearer YTpi")


def test_secrets_are_not_printed() -> None:
    assert "s3cret" not in repr(basic(basic_of("a:s3cret"))) + repr(bearer("Bearer s3cret"))
