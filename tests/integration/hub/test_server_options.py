"""The options of `python -m hub.server`: those of the `daphne` command, with the same meaning, and its own."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.hub.conftest import StartServer
from tests.integration.hub.wire import HANDSHAKE, Wire, request
from tests.programs import PATIENCE
from tests.servers import ROOT, wait_until
from tests.visitors import Visitor

# In a process of its own: Daphne takes over the event loop of any that imports it.
COMPARE = """
import json
from daphne.cli import CommandLineInterface
from hub.server.command import ServerCommand
names = ("option_strings", "dest", "nargs", "const", "default", "type", "choices", "required")
print(json.dumps([
    {action.dest + str(action.option_strings): [repr(getattr(action, name)) for name in names]
     for action in command.parser._actions}
    for command in (CommandLineInterface(), ServerCommand())
]))
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Python that ends by itself."""
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_it_takes_every_option_of_daphne_with_the_same_default() -> None:
    done = run("-c", COMPARE)
    assert done.returncode == 0, done.stderr
    daphne, own = json.loads(done.stdout)
    assert len(daphne) > 20
    assert {name: own.get(name) for name in daphne} == daphne


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--trusted-proxies", "everyone"), "--trusted-proxies"),
        (("--proxy-headers-host", "X-Real-IP"), "--proxy-headers has to be passed"),
        (("--proxy-headers-port", "X-Real-Port"), "--proxy-headers has to be passed"),
        (("--head-timeout", "soon"), "--head-timeout"),
        (("-v", "4"), "expected 0, 1, 2 or 3, got 4"),
        (("--no-such-option",), "--no-such-option"),
    ],
)
def test_a_wrong_option_is_refused_in_a_sentence(options: tuple[str, ...], word: str) -> None:
    done = run("-m", "hub.server", *options, "tests.integration.hub.patient_application:application")
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_options_say_is_done(start: StartServer, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    server = start(
        *("--server-name", "mine", "--access-log", str(log), "--log-fmt", "said: %(message)s", "-t", "1"),
        *("--proxy-headers", "--proxy-headers-host", "X-Real-IP", "--proxy-headers-port", "X-Real-Port"),
        *("--websocket_timeout", "1", "--websocket_connect_timeout", "-1", "--drain-timeout", "1"),
    )
    server.wait_for("said: Starting server")
    with Wire(server) as client:
        client.send(request("GET", "/client", X_Real_IP="203.0.113.7", X_Real_Port="1234"))
        _, headers, body = client.answer()
        assert headers["server"] == "mine"
        assert json.loads(body) == {"client": ["203.0.113.7", 1234]}
    with Wire(server) as client:
        client.send(request("GET", "/never"))
        assert client.answer()[0] == 503
    with Wire(server) as client:
        assert client.open("/open").close_code() == 1000
    wait_until(lambda: "GET /client" in log.read_text(), "a line in the access log")


def test_the_access_log_keeps_the_secrets_of_addresses_out(start: StartServer, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    server = start("--access-log", str(log))
    with Wire(server) as client:
        client.send(request("GET", "/client?api_key=secret"))
        assert client.answer()[0] == 200
    with Wire(server) as client:
        client.open("/open?token=secret")
    wait_until(lambda: "GET /client" in log.read_text() and "/open" in log.read_text(), "lines in the access log")
    assert "secret" not in log.read_text()


def test_an_application_may_take_any_time_to_accept_where_the_options_say_so(
    start: StartServer, tmp_path: Path
) -> None:
    server = start("--websocket_connect_timeout", "-1", "--application-close-timeout", "1")
    with Wire(server) as client:
        client.send(request(path=f"/wait?{tmp_path / 'gate'}", **HANDSHAKE))
        client.socket.settimeout(4.0)
        with pytest.raises(TimeoutError):
            client.take(1)
        (tmp_path / "gate").touch()
        client.socket.settimeout(PATIENCE)
        assert client.answer()[0] == 101


def test_it_says_nothing_of_itself_where_it_has_no_name(start: StartServer) -> None:
    with Wire(start("--no-server-name")) as client:
        client.send(request("GET", "/client"))
        assert "server" not in client.answer()[1]


def test_it_listens_on_a_unix_socket_and_on_endpoints_of_twisted_too(start: StartServer, tmp_path: Path) -> None:
    path = tmp_path / "server.sock"
    server = start("-u", str(path), "-e", "tcp:port=0:interface=127.0.0.1", "-b", "127.0.0.1")
    assert Visitor(server.url).get("/").status == 200
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(path))
        client.sendall(request("GET", "/client") + request(path="/open", **HANDSHAKE))
        received = b""
        while b"101 Switching" not in received:
            data = client.recv(65_536)
            assert data, received
            received += data
        assert received.startswith(b"HTTP/1.1 200 OK")
        assert b'{"client": null}' in received
