"""Merchants' own servers: real HTTPS on the loopback, in threads, answering as they are told.

They run beside the test and not in its event loop, so that they outlive whatever the test kills.
"""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from socket import socket
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from leal.integrations.outgoing import Outgoing

LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A request that came whole."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer with more than a status."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


Answer = Callable[[Heard], int | Said]
"""Gives the status to answer with, or all of the answer; may take its time."""


@dataclass(slots=True)
class Merchant:
    """A running server; `answer` can be replaced while it runs."""

    port: int
    answer: Answer
    heard: list[Heard] = field(default_factory=list)
    busy: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str = "/hook") -> str:
        return f"https://127.0.0.1:{self.port}{path}"

    def until_idle(self, *, seconds: float = 20) -> None:
        """Waits until no request is worked on."""
        give_up_at = time.monotonic() + seconds
        while self.busy:
            assert time.monotonic() < give_up_at, f"{self.busy} requests are still worked on"
            time.sleep(0.02)


@contextmanager
def open_merchant(answer: Answer, certificate: Path) -> Iterator[Merchant]:
    """Runs a server for as long as the block does."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server = _Server(tls)
    merchant = Merchant(port=server.server_port, answer=answer)
    server.merchant = merchant
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield merchant
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def outgoing_to(certificate: Path, *, limit_seconds: float = 5.0) -> Outgoing:
    """The guarded client, with the loopback opened and the certificate trusted."""
    tls = ssl.create_default_context(cafile=str(certificate))
    return Outgoing(allow=LOOPBACK, tls=tls, limit_seconds=limit_seconds)


def make_certificate(folder: Path) -> Path:
    """A self-signed certificate of 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    here = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "merchant.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


class _Server(ThreadingHTTPServer):
    """Secures each connection in its own thread, so that a slow one is nobody else's."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128
    merchant: Merchant

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tls = tls

    def finish_request(self, request: Any, client_address: Any) -> None:
        plain: socket = request
        with self.tls.wrap_socket(plain, server_side=True) as secured:
            secured.settimeout(20)
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that died or gave up are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        merchant = self.server.merchant
        length = int(self.headers["content-length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # the caller died
        headers = {name.lower(): value for name, value in self.headers.items()}
        heard = Heard(path=self.path, headers=headers, body=body)
        with merchant.lock:
            merchant.heard.append(heard)
            merchant.busy += 1
        try:
            said = merchant.answer(heard)
        finally:
            with merchant.lock:
                merchant.busy -= 1
        if isinstance(said, int):
            said = Said(status=said)
        with suppress(OSError):
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Says nothing."""
