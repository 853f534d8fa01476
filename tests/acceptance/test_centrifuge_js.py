"""The npm package `centrifuge`, as it is, in Node against a running hub: by each transport, in each format."""

import itertools
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import kill
from tests.acceptance.node.finding import FLAGS, node
from tests.centrifugo import SECRET, ServerApi
from tests.programs import PATIENCE, Program
from tests.servers import HubServer, wait_until

SCRIPT = Path(__file__).parent / "node" / "client.mjs"

TRANSPORTS = ("websocket", "websocket in protobuf", "http_stream", "http_stream in protobuf", "sse")


class NodeClient(Program):
    """A running client.

    Arguments:
        hub: whom it talks to.
        transport: by what.
        user: whose it is.
        lasts: in how many seconds its tokens expire.
    """

    def __init__(self, hub: HubServer, transport: str, user: str, lasts: float | None = None) -> None:
        options = {"transport": transport, "server": hub.url, "user": user, "secret": SECRET, "lasts": lasts}
        super().__init__(node(), *FLAGS, str(SCRIPT), json.dumps(options), env=os.environ)
        self._numbers = itertools.count()

    def do(self, action: str, **given: Any) -> Any:
        """Have it do something; return the result, or the error as `{"code", "message"}`."""
        number = next(self._numbers)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"n": number, "do": action, **given}) + "\n")
        self.process.stdin.flush()
        [said] = self.until(lambda said: [one for one in said if one.get("n") == number], f"an answer to {action}")
        return said.get("result", said.get("error"))

    @property
    def said(self) -> list[dict[str, Any]]:
        """All that it has said so far."""
        with self._said:
            return [json.loads(line) for line in self.lines]

    def heard(self, event: str) -> list[dict[str, Any]]:
        """Return what it has heard of so far."""
        return [one for one in self.said if one.get("event") == event]

    def until(self, pick: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], what: str) -> list[dict[str, Any]]:
        """Return what is picked from all that it has said, as soon as that is anything."""
        deadline = time.monotonic() + PATIENCE
        while not (picked := pick(self.said)):
            assert time.monotonic() < deadline and self.process.poll() is None, f"expected {what}, got:\n{self.output}"
            with self._said:
                self._said.wait(0.1)
        return picked

    def wait_for_events(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until it has heard so many."""
        return self.until(lambda _: heard if len(heard := self.heard(event)) >= count else [], f"{count} times {event}")


Start = Callable[..., NodeClient]


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def start(centrifugo_hub: HubServer) -> Iterator[Start]:
    """Start connected clients: `start(transport, user, lasts)`."""
    with ExitStack() as running:

        def start(transport: str, user: str = "7", lasts: float | None = None) -> NodeClient:
            client = NodeClient(centrifugo_hub, transport, user, lasts)
            running.callback(client.stop)
            assert client.do("connect") == {}
            assert client.heard("connected")[0]["transport"] == transport.split()[0]
            return client

        yield start


@pytest.fixture
def channel() -> str:
    return f"room:{uuid.uuid4().hex[:8]}"


def test_clients_hear_and_see_each_other(start: Start, transport: str, channel: str, server_api: ServerApi) -> None:
    client, other = start(transport, "7"), start(transport, "8")
    for each in (client, other):
        assert each.do("subscribe", channel=channel, joinLeave=True) == {}
    assert client.do("publish", channel=channel, data={"text": "hé \u2028"}) == {}
    server_api.publish(channel, [1, None], tags={"kind": "test"})
    for each in (client, other):
        first, second = each.wait_for_events("publication", 2)
        assert (first["data"], first["offset"], first["info"]["user"]) == ({"text": "hé \u2028"}, 1, "7")
        assert (second["data"], second["offset"], second["tags"]) == ([1, None], 2, {"kind": "test"})
    assert sorted(one["info"]["user"] for one in client.wait_for_events("join", 2)) == ["7", "8"]
    # What is told is of half a second ago, and nothing is where a server process has only just begun.
    wait_until(lambda: present(client, channel) == ["7", "8"], "both to be seen", seconds=PATIENCE)
    expected = {"numClients": 2, "numUsers": 2}
    wait_until(lambda: client.do("presenceStats", channel=channel) == expected, "both to count", seconds=PATIENCE)
    page = client.do("history", channel=channel, limit=1)
    assert [one["data"] for one in page["publications"]] == [{"text": "hé \u2028"}]
    assert client.do("rpc", method="no.such", data={})["code"] == 104
    other.do("unsubscribe", channel=channel)
    assert client.wait_for_events("leave")[0]["info"]["user"] == "8"


def present(client: NodeClient, channel: str) -> list[str]:
    """Return whom the client is told to read a channel: the users' ids."""
    return sorted(info["user"] for info in client.do("presence", channel=channel).get("clients", {}).values())


def test_a_subscription_that_is_not_allowed_ends_with_the_reason(start: Start, transport: str) -> None:
    client = start(transport)
    client.do("subscribe", channel="nowhere:x")
    client.do("subscribe", channel="closed:x")
    assert [one["code"] for one in client.wait_for_events("unsubscribed", 2)] == [102, 103]
    assert not client.heard("disconnected")


def test_nothing_is_lost_or_repeated_when_servers_are_killed_and_restarted(
    start: Start, channel: str, server_api: ServerApi, centrifugo_hub: HubServer
) -> None:
    clients = [start(transport) for transport in TRANSPORTS]
    for client in clients:
        client.do("subscribe", channel=channel)
    for number in range(30):
        server_api.publish(channel, {"n": number})
        if number == 15:
            kill(centrifugo_hub, "hub.server")
    for client in clients:
        publications = client.wait_for_events("publication", 30)
        assert [one["data"]["n"] for one in publications] == list(range(30))
        assert [one["offset"] for one in publications] == list(range(1, 31))
        _, *again = client.heard("subscribed")
        assert again
        assert all(one["wasRecovering"] and one["recovered"] for one in again)


def test_connections_and_subscriptions_go_on_by_fresh_tokens(start: Start, server_api: ServerApi) -> None:
    channel = f"closed:{uuid.uuid4().hex[:8]}"
    clients = [start(transport, "7", lasts=2) for transport in TRANSPORTS]
    for client in clients:
        client.do("subscribe", channel=channel, tokens=True)
    for client in clients:
        client.until(
            lambda said: said if all(_tokens(said, of) >= 3 for of in ("", channel)) else [], "two refreshes of each"
        )
    server_api.publish(channel, {"n": 1})
    for client in clients:
        client.wait_for_events("publication")
        assert (len(client.heard("connected")), len(client.heard("subscribed"))) == (1, 1)
        assert not client.heard("unsubscribed")


def _tokens(said: list[dict[str, Any]], channel: str) -> int:
    return len([one for one in said if one.get("event") == "token" and one["channel"] == channel])


def test_differences_are_put_together_again(start: Start, transport: str, server_api: ServerApi) -> None:
    channel = f"patches:{uuid.uuid4().hex[:8]}"
    client = start(transport)
    client.do("subscribe", channel=channel, delta="fossil")
    texts = [{"n": number, "text": "much that stays the same " * 20} for number in range(5)]
    for text in texts:
        server_api.publish(channel, text, delta=True)
    assert [one["data"] for one in client.wait_for_events("publication", 5)] == texts


def test_a_backend_ends_subscriptions_and_connections(
    start: Start, transport: str, channel: str, server_api: ServerApi
) -> None:
    client = start(transport, "9")
    client.do("subscribe", channel=channel)
    server_api.call("unsubscribe", user="9", channel=channel)
    assert client.wait_for_events("unsubscribed")[0]["code"] == 2000
    server_api.call("disconnect", user="9")
    assert client.wait_for_events("disconnected")[0]["code"] == 3503
