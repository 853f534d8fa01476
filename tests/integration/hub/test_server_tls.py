"""`python -m hub.server -e ssl:…`: what is said beside the connection works under TLS, too."""

import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests import servers
from tests.integration.hub.conftest import PATIENT
from tests.integration.hub.wire import CLOSE, PING, PONG, TEXT, Wire, connect, frame, request
from tests.programs import Server, installed, stopped

#: Largest body, in bytes: more than TLS sends at a time.
LIMIT = 100_000


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that has signed itself; its key is in `key.pem` beside it."""
    place = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    (place / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (place / "certificate.pem").write_bytes(made.public_bytes(Encoding.PEM))
    return place / "certificate.pem"


@pytest.fixture(scope="module")
def server(certificate: Path) -> Iterator[Server]:
    """A server that speaks TLS, and pings after a second."""
    keys = f"privateKey={certificate.with_name('key.pem')}:certKey={certificate}"
    endpoint = f"ssl:0:interface=127.0.0.1:{keys}"
    options = ("--no-server-name", "--ping-interval", "1", "--max-body-size", str(LIMIT))
    command = (installed("python"), "-m", "hub.server", "-e", endpoint, *options, PATIENT)
    with servers.temporary_var() as var, stopped(Server(*command, env=servers.environment_of(var))) as server:
        yield server


def wire(server: Server, certificate: Path) -> Wire:
    """Open a connection, and check who is there."""
    trusted = ssl.create_default_context(cafile=str(certificate))
    return Wire(server, over=trusted.wrap_socket(connect(server), server_hostname="localhost"))


def test_a_request_is_answered_without_the_name_of_a_server(server: Server, certificate: Path) -> None:
    with wire(server, certificate) as asking:
        asking.send(request())
        status, headers, _ = asking.answer()
        assert (status, headers.get("server")) == (200, None)


def test_a_body_arrives_whole(server: Server, certificate: Path) -> None:
    with wire(server, certificate) as asking:
        asking.send(request("POST", "/upload", Content_Length=str(LIMIT)) + bytes(LIMIT))
        assert json.loads(asking.answer()[2])["size"] == LIMIT


def test_a_body_that_is_too_large_is_refused(server: Server, certificate: Path) -> None:
    with wire(server, certificate) as asking:
        asking.send(request("POST", "/upload", Content_Length=str(LIMIT + 1)))
        assert asking.answer()[0] == 413
        assert asking.end() == b""


def test_a_silent_client_is_pinged_again_and_again(server: Server, certificate: Path) -> None:
    with wire(server, certificate).open("/echo") as talking:
        for _ in range(2):
            assert talking.frame() == (PING, b"")
            talking.send(frame(PONG))
        talking.send(frame(TEXT, b"still here"))
        assert talking.frame() == (TEXT, b"still here")


@pytest.mark.parametrize(
    ("sent", "code"),
    [(frame(CLOSE, b"\x0f\xa1"), 4001), (frame(TEXT, b"no mask", mask=None), 1002), (frame(TEXT, b"\xff"), 1007)],
)
def test_a_socket_ends_with_the_code_that_is_due(server: Server, certificate: Path, sent: bytes, code: int) -> None:
    with wire(server, certificate).open("/echo") as talking:
        talking.send(sent)
        assert talking.close_code() == code
        assert talking.end() == b""
