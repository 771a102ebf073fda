"""Which addresses may be called, and how a web address must be written."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leal.integrations.outgoing_addresses import (
    Target,
    Unsendable,
    is_allowed,
    is_public,
    parse_target,
    plain,
)

NOT_PUBLIC = (
    "0.0.0.0",  # noqa: S104 - compared with, never bound to
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.1.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)
PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "168.63.129.17",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_public_is_known(address: str) -> None:
    assert not is_public(plain(ip_address(address)))


@pytest.mark.parametrize("address", PUBLIC)
def test_the_neighbours_are_public(address: str) -> None:
    assert is_public(plain(ip_address(address)))


@given(st.ip_addresses())
def test_whatever_the_standard_library_calls_special_is_not_public(
    address: IPv4Address | IPv6Address,
) -> None:
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
    assert mapped or not (special and is_public(address))


@given(st.ip_addresses(v=4))
def test_a_wrapped_address_is_as_public_as_what_it_wraps(address: IPv4Address) -> None:
    assert plain(ip_address(f"::ffff:{address}")) == address


def test_only_opened_networks_are_allowed() -> None:
    allow = (ip_network("10.20.0.0/16"), ip_network("fd00::/8"))
    assert is_allowed(ip_address("10.20.3.4"), allow)
    assert is_allowed(ip_address("fd12::1"), allow)
    assert not is_allowed(ip_address("10.21.3.4"), allow)
    assert not is_allowed(ip_address("::1"), allow)
    assert not is_allowed(ip_address("10.20.3.4"), ())


@pytest.mark.parametrize(
    ("url", "target", "authority"),
    [
        ("https://x.example", ("https", "x.example", 443, "/"), "x.example"),
        (
            "HTTPS://X.Example:8443/a%20b?c=d#e",
            ("https", "x.example", 8443, "/a%20b?c=d"),
            "x.example:8443",
        ),
        ("http://a_b.example:80?q", ("http", "a_b.example", 80, "/?q"), "a_b.example"),
        ("https://1.1.1.1:443/", ("https", "1.1.1.1", 443, "/"), "1.1.1.1"),
        ("https://[2A00:0::1]:1/", ("https", "2a00::1", 1, "/"), "[2a00::1]:1"),
        ("https://xn--mnchen-3ya.example/", ("https", "xn--mnchen-3ya.example", 443, "/"), None),
        (
            "https://x.example//evil.example/@",
            ("https", "x.example", 443, "//evil.example/@"),
            None,
        ),
    ],
)
def test_a_plain_address_is_taken_apart(
    url: str, target: tuple[str, str, int, str], authority: str | None
) -> None:
    scheme, host, port, path = target
    found = parse_target(url)
    assert found == Target(scheme=scheme, host=host, port=port, path=path)
    assert found.authority == (authority or host)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x.example",
        "//x.example/",
        "ftp://x.example/",
        "file:///etc/passwd",
        "gopher://x.example/",
        "https:///path",
        "https:x.example",
        "https://",
        "https://:443/",
        "https://x.example:/",
        "https://x.example:0/",
        "https://x.example:65536/",
        "https://x.example:443443/",
        "https://x.example:-1/",
        "https://x.example:4 3/",
        "https://user@x.example/",
        "https://user:password@x.example/",
        "https://x.example@127.0.0.1/",
        "https://127.0.0.1\\@x.example/",
        "https://x.example\\.evil.example/",
        "https://x.example./",
        "https://x..example/",
        "https://.x.example/",
        "https://-x.example/",
        "https://x%2eexample/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 127 + "example/",
        "https://x.example/" + "a" * 2048,
        "https://x.example/ü",
        "https://münchen.example/",
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https://x.example/a b",
        " https://x.example/",
        "https://x.example/\r\nx: y",
        "https://x.example\r\nx: y/",
        "https://x.exa\tmple/",
        "https://x.example/\0",
        "https://x.example/\x7f",
        "https://[::1",
        "https://::1/",
        "https://[::1]x/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[::ffff:127.0.0.1%1]/",
        "https://[1.1.1.1]/",
        "https://[v1.x]/",
        "https://[:::1]/",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0x/",
        "https://0177.0.0.1/",
        "https://127.0.0.01/",
        "https://127.0.0.1./",
        "https://127.0.0.1.2/",
        "https://256.0.0.1/",
        "https://017700000001/",
        "https://x.0x7f/",
        "https://x.1/",
    ],
)
def test_an_ambiguous_address_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(Unsendable, match=re.compile(r"must|correct|may only|written|are|have")):
        parse_target(url)
