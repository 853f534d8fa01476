"""Commands that come beside a stream: they reach their session, wherever it is, and nobody else's."""

import json
from collections.abc import Iterator

import pytest

from hub.conf import conf
from hub.control import NODE
from hub.core.types import JSONObject
from hub.protobuf.client_pb2 import EmulationRequest
from hub.sessions import emulation as module
from hub.sessions.emulation import emulation, take_message, taking_posts
from tests.unit.hub.sessions.exchanges import Exchange, scope_of

Taken = list[str | bytes]


@pytest.fixture
def taken() -> Iterator[Taken]:
    """What comes for the session `mine`."""
    taken: Taken = []
    with taking_posts("mine", taken.append):
        yield taken


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, JSONObject]]:
    """What other processes are told; there is one, called `other`."""
    told: list[tuple[str, JSONObject]] = []

    def tell_node(node: str, message: JSONObject) -> bool:
        told.append((node, message))
        return node == "other"

    monkeypatch.setattr(module, "tell_node", tell_node)
    return told


async def post(body: object, **headers: str) -> int:
    """Post something, and return the status; nothing else may be told."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    exchange = Exchange(scope_of("POST", "/emulation", **headers), sent)
    await exchange.run(emulation)
    assert exchange.status == 204 or "mine" not in exchange.body
    return exchange.status


async def test_commands_reach_their_session(taken: Taken) -> None:
    assert await post({"session": "mine", "node": NODE, "data": '{"id":2,"rpc":{}}\n{}'}) == 204
    assert taken == ['{"id":2,"rpc":{}}\n{}']


async def test_a_wrong_session_changes_nothing_and_is_told_nothing_else_than_a_right_one(taken: Taken) -> None:
    assert await post({"session": "yours", "node": NODE, "data": "{}"}) == 204
    assert taken == []


async def test_a_session_that_is_over_takes_nothing_more() -> None:
    taken: Taken = []
    with taking_posts("mine", taken.append):
        pass
    assert await post({"session": "mine", "node": NODE, "data": "{}"}) == 204
    assert taken == []


async def test_commands_for_another_process_are_passed_on_as_it_takes_them(
    taken: Taken, told: list[tuple[str, JSONObject]]
) -> None:
    assert await post({"session": "mine", "node": "other", "data": '{"id":2,"rpc":{}}'}) == 204
    ((node, message),) = told
    assert (node, taken) == ("other", [])
    take_message(message)
    assert taken == ['{"id":2,"rpc":{}}']


async def test_what_is_posted_as_protobuf_is_passed_on_byte_by_byte(
    taken: Taken, told: list[tuple[str, JSONObject]]
) -> None:
    for node in (NODE, "other"):
        body = EmulationRequest(session="mine", node=node, data=b"\x00\xff").SerializeToString()
        assert await post(body, content_type="application/octet-stream") == 204
    take_message(told[0][1])
    assert taken == [b"\x00\xff"] * 2
    assert await post(b"\xff", content_type="application/octet-stream") == 400


@pytest.mark.parametrize("node", ["gone", ""])
async def test_a_node_that_is_not_there_is_not_found(node: str, told: list[tuple[str, JSONObject]]) -> None:
    assert await post({"session": "mine", "node": node, "data": "{}"}) == 404


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[]",
        b"",
        {"node": NODE, "data": "{}"},
        {"session": "", "node": NODE, "data": "{}"},
        {"session": 1, "node": NODE, "data": "{}"},
        {"session": "mine", "node": NODE, "data": {}},
        {"session": "m" * 129, "node": NODE, "data": "{}"},
        {"session": "mine", "node": "n" * 129, "data": "{}"},
    ],
)
async def test_what_is_no_such_request_is_refused(
    body: object, taken: Taken, told: list[tuple[str, JSONObject]]
) -> None:
    assert await post(body) == 400
    assert (taken, told) == ([], [])


async def test_commands_are_as_large_as_over_a_socket_and_no_larger(taken: Taken) -> None:
    assert await post({"session": "mine", "node": NODE, "data": '"' * conf.MAX_MESSAGE_SIZE}) == 204
    assert await post({"session": "mine", "node": NODE, "data": "x" * (conf.MAX_MESSAGE_SIZE + 1)}) == 413
    assert await post(b" " * 3 * conf.MAX_MESSAGE_SIZE) == 413
    assert len(taken) == 1


async def test_a_foreign_page_is_not_heard(taken: Taken) -> None:
    assert await post({"session": "mine", "node": NODE, "data": "{}"}, origin="https://evil.example") == 403
    assert taken == []


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"emulation": None},
        {"emulation": {"session": "mine", "data": 1, "is_text": True}},
        {"emulation": {"session": "mine", "data": "%", "is_text": False}},
        {"survey": {"session": "mine", "data": "{}", "is_text": True}},
    ],
)
def test_what_a_newer_process_says_is_passed_over(taken: Taken, message: JSONObject) -> None:
    take_message(message)
    assert taken == []
