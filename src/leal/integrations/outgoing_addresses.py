"""Where outgoing calls may go: which addresses are public, and which are written plainly.

A web address is refused unless every reader of it understands the same.

The list of what is not public is spelled out instead of asking the standard library, whose idea of
a global address has changed between versions and counts tunnels to private networks as global.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LONGEST_URL = 2048
_LONGEST_NAME = 253
_HIGHEST_PORT = 65_535
_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z._-]+))(?::(?P<port>[0-9]{1,5}))?"
)
_LABEL = re.compile(r"[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_VISIBLE = re.compile(r"[\x21-\x7e]+")

_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this host, unspecified
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a carrier's NAT; also some clouds' metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        # IPv6: public addresses are given out of 2000::/3 only. These two lie before it and
        # behind it, and so hold ::1, ::, v4 in v6, 64:ff9b::/96 and 64:ff9b:1::/48 (NAT64),
        # 100::/64, 5f00::/16, fc00::/7, fe80::/10, fec0::/10 and ff00::/8.
        "::/3",
        "4000::/2",
        "8000::/1",
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which wraps any v4
        "3fff::/20",  # documentation
    )
)


class Unsendable(ValueError):  # noqa: N818 - said of the call
    """A call that is not made; the message says to the merchant why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A web address, taken apart.

    ``host`` is a name in lower case or an internet address, without brackets. ``path`` starts
    with a slash and includes the query. A fragment is never sent, and so is not kept.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse_target(url: str) -> Target:
    """Take a merchant's web address apart. Raises Unsendable.

    Whatever two readers could understand differently is refused: user names, control characters,
    spaces, backslashes, zones of IPv6, dots at the end, and numbers for IPv4 that are not four
    plain decimals. Whether the address may be called is decided later, where it is connected to.
    """
    if len(url) > _LONGEST_URL or not _VISIBLE.fullmatch(url) or "\\" in url:
        raise Unsendable(
            f"The address must be at most {_LONGEST_URL} visible ASCII characters without"
            " backslashes: percent-encode others in the path, and write other alphabets in the"
            " name as xn--…"
        )
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Unsendable(f"The address cannot be read ({error}): correct it") from error
    if parts.scheme not in _PORTS:
        raise Unsendable("The address must begin with https://")
    authority = _AUTHORITY.fullmatch(parts.netloc)
    if authority is None:
        raise Unsendable(
            "Between https:// and the next slash there may only be a name or an internet address,"
            " and a port: leave out user names, passwords and zones"
        )
    return Target(
        scheme=parts.scheme,
        host=_six(authority["six"]) if authority["six"] else _host(authority["name"].lower()),
        port=_port(authority["port"], _PORTS[parts.scheme]),
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )


def plain(address: Address) -> Address:
    """Return what is really connected to: the v4 address, where v6 only wraps it."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_public(address: Address) -> bool:
    """Tell whether anybody on the internet could be meant; `address` is a plain one."""
    return not any(address in network for network in _NOT_PUBLIC)


def is_allowed(address: Address, allow: Sequence[Network]) -> bool:
    """Tell whether the operator has opened a network with this plain address."""
    return any(address in network for network in allow)


def _six(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except AddressValueError as error:
        raise Unsendable("What is in brackets is no IPv6 address: correct it") from error


def _host(name: str) -> str:
    labels = name.split(".")
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise Unsendable(
            "The name in the address is not a host name: its parts have 1 to 63 letters, digits"
            " and hyphens, and no dot stands at its end"
        )
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(name))
        except AddressValueError as error:
            raise Unsendable(
                "An IPv4 address is written as four decimal numbers without zeros in front"
            ) from error
    return name


def _port(text: str | None, default: int) -> int:
    port = default if text is None else int(text)
    if not 1 <= port <= _HIGHEST_PORT:
        raise Unsendable(f"The port in the address must be of 1 to {_HIGHEST_PORT}")
    return port
