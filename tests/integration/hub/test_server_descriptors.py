"""A server whose file descriptors are taken: sockets are refused in order, and requests are answered still."""

import subprocess
import sys
from contextlib import ExitStack

import psutil

from tests.integration.hub.conftest import serving_patiently
from tests.integration.hub.wire import HANDSHAKE, TEXT, Wire, frame, request
from tests.servers import ROOT

#: Descriptors beyond those that the server has when it begins, and sockets that are tried.
LEFT, TRIED = 24, 20


def test_a_socket_without_room_is_refused_in_order_and_a_request_is_answered() -> None:
    with serving_patiently("--drain-timeout", "1") as server, ExitStack() as kept:
        assert server.url
        process = psutil.Process(server.process.pid)
        process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds() + LEFT, process.rlimit(psutil.RLIMIT_NOFILE)[1]))
        clients, answers = [], []
        for _ in range(TRIED):
            client = kept.enter_context(Wire(server))
            client.send(request(path="/echo", **HANDSHAKE))
            clients.append(client)
            answers.append(client.answer()[0])
        assert set(answers) == {101, 503}
        # None was let in any more once there was no room.
        assert answers == sorted(answers)
        with Wire(server) as other:
            other.send(request(path="/client"))
            assert other.answer()[0] == 200
        clients[0].send(frame(TEXT, b"still here"))
        assert clients[0].frame() == (TEXT, b"still here")
    assert "Traceback" not in server.output, server.output


def test_what_is_needed_for_logging_an_error_is_open_before_there_is_no_descriptor_left() -> None:
    script = (
        "import resource; from hub.server.descriptors import open_beforehand; open_beforehand()\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))\n"
        "print('/path'.encode('unicode_escape'))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("b'/path'\n", "")
