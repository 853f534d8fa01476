"""A server whose file descriptors are taken: sockets are refused in order, and requests are answered still."""

from contextlib import ExitStack

import psutil

from tests.integration.hub.conftest import serving_patiently
from tests.integration.hub.wire import HANDSHAKE, TEXT, Wire, frame, request

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
