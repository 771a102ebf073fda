"""Outgoing calls: the certificate must be that of the name, wherever the name leads."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from leal.integrations.outgoing import Answered, Delivery, Failed, Outgoing
from tests.integrations.listener import hang, listening, ok

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of hook.example, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook.example")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "hook.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


async def _here(host: str, port: int) -> Sequence[str]:
    del host, port
    return ["127.0.0.1"]


def _post(
    certificate: Path, name: str, *, trusted: bool
) -> tuple[Delivery, list[str | None], list[bytes]]:
    """Call `name`, which leads to a server with the certificate; also what the server saw."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    asked: list[str | None] = []
    server.sni_callback = lambda _, asked_name, __: asked.append(asked_name)
    tls = ssl.create_default_context(cafile=str(certificate)) if trusted else None

    async def work() -> tuple[Delivery, list[str | None], list[bytes]]:
        async with (
            listening(ok(b"safe"), tls=server) as heard,
            Outgoing(allow=LOOPBACK, resolve=_here, tls=tls) as outgoing,
        ):
            url = f"https://{name}:{heard.port}/"
            delivery = await outgoing.post(url, b"{}", headers=())
            return delivery, asked, heard.requests

    return asyncio.run(work())


def test_the_name_is_asked_for_and_its_certificate_accepted(certificate: Path) -> None:
    delivery, asked, requests = _post(certificate, "hook.example", trusted=True)
    assert isinstance(delivery, Answered)
    assert (delivery.status, delivery.snippet, delivery.cut) == (200, "safe", False)
    assert asked == ["hook.example"]
    assert b"\r\nhost: hook.example:" in requests[0]


@pytest.mark.parametrize(
    ("name", "trusted"), [("hook.example", False), ("other.example", True), ("127.0.0.1", True)]
)
def test_nothing_is_sent_past_a_wrong_certificate(
    certificate: Path, name: str, *, trusted: bool
) -> None:
    delivery, _, requests = _post(certificate, name, trusted=trusted)
    assert isinstance(delivery, Failed)
    assert delivery.reason.startswith("The certificate is not accepted: ")
    assert requests == []


def test_a_port_without_tls_is_told_so() -> None:
    async def work() -> Delivery:
        async with listening(ok(), reads=False) as heard, Outgoing(allow=LOOPBACK) as outgoing:
            return await outgoing.post(f"https://127.0.0.1:{heard.port}/", b"", headers=())

    delivery = asyncio.run(work())
    assert isinstance(delivery, Failed)
    assert "check that the port speaks TLS" in delivery.reason


def test_a_handshake_that_hangs_is_left_in_time() -> None:
    async def work() -> Delivery:
        async with (
            listening(hang) as heard,
            Outgoing(allow=LOOPBACK, limit_seconds=0.3) as outgoing,
        ):
            return await outgoing.post(f"https://127.0.0.1:{heard.port}/", b"", headers=())

    assert asyncio.run(work()) == Failed(reason="No answer came within 0.3 seconds")
