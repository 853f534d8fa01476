"""The outermost layer: nothing that a client sends changes where the site thinks it is; unknown sockets are refused."""

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.urls import set_script_prefix

from hub.core.asgi import Receive, Scope, Send
from hub.edge import SiteMiddleware
from tests.integration.sockets import TIMEOUT
from tests.programs import Server
from tests.sockets import Refused, Socket
from tests.visitors import Visitor

EVIL_ROOTS = ["/evil", "//evil.example", "http://evil.example", "%2f%2fevil.example", "\\evil.example"]


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(("force", "expected"), [(None, ""), ("/chat", "/chat")])
async def test_the_root_path_is_the_sites_whatever_the_server_believes(
    settings: Any, kind: str, force: str | None, expected: str
) -> None:
    seen: list[Scope] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    settings.FORCE_SCRIPT_NAME = force
    scope = {"type": kind, "root_path": "//evil.example", "path": "/"}
    communicator: Any = WebsocketCommunicator(SiteMiddleware(application), "/")
    communicator.scope = scope
    await communicator.wait(TIMEOUT)
    # Changing FORCE_SCRIPT_NAME sets this for the rest of the thread's life.
    set_script_prefix("/")
    assert [scope["root_path"] for scope in seen] == [expected]


@pytest.mark.parametrize("root", EVIL_ROOTS)
def test_the_root_path_header_of_a_client_changes_no_address(server: Server, root: str) -> None:
    visitor = Visitor(server.url)
    redirect = visitor.get("/", **{"Daphne-Root-Path": root})
    assert (redirect.status, redirect.headers["Location"]) == (302, "/login/?next=/")
    page = visitor.get("/login/", **{"Daphne-Root-Path": root})
    assert page.status == 200
    assert b"evil" not in page.body
    assert visitor.get("/evil/login/", **{"Daphne-Root-Path": "/evil"}).status == 404


def test_the_root_path_header_of_a_client_opens_no_other_socket(server: Server, demo_token: str) -> None:
    headers = {"Authorization": f"Bearer {demo_token}", "Daphne-Root-Path": "/evil"}
    socket = Socket(server.url, "/ws/notifications/", headers)
    assert socket.hello()["stream"] == "inbox#1"
    socket.drop()
    with pytest.raises(Refused) as refusal:
        Socket(server.url, "/evil/ws/notifications/", headers)
    assert refusal.value.status == 403


UNKNOWN_PATHS = ["/", "/ws", "/ws/", "/ws/chat/", "/ws/chat/lobby", "/ws/chat/lobby/x/", "/ws/notifications", "/health"]


def test_a_socket_on_an_unknown_path_is_refused_with_403(server: Server, demo_token: str) -> None:
    statuses = {}
    for path in UNKNOWN_PATHS:
        with pytest.raises(Refused) as refusal:
            Socket(server.url, path, {"Authorization": f"Bearer {demo_token}"})
        statuses[path] = refusal.value.status
    assert statuses == dict.fromkeys(UNKNOWN_PATHS, 403)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("process")
async def test_a_socket_on_an_unknown_path_is_refused_before_it_is_accepted(bearer: tuple[bytes, bytes]) -> None:
    from asgi import application

    communicator = WebsocketCommunicator(application, "/ws/nothing/", headers=[bearer])
    assert await communicator.connect(TIMEOUT) == (False, 1000)
    await communicator.wait(TIMEOUT)


def test_the_server_answers_a_socket_path_without_a_handshake_as_a_page_it_does_not_have(server: Server) -> None:
    assert Visitor(server.url).get("/ws/chat/lobby/").status == 404
