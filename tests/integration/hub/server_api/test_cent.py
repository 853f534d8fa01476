"""`cent`, the server client of Centrifugo, unmodified, against a running server: each of its methods."""

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import cent
import pytest
import requests
import websocket

from tests import servers
from tests.programs import PATIENCE, Server
from tests.servers import wait_until

_streams = iter(range(10_000))


@pytest.fixture(scope="module")
def api_key(server: Server) -> str:
    """A key of the server's user demo."""
    made = servers.manage(server.env, "apikey", "cent", "--user", "demo", "--scope", "server")
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.fixture(scope="module")
def demo_user(server: Server, demo_token: str) -> str:
    """The id of demo, as clients and programs know it."""
    headers = {"Authorization": f"Bearer {demo_token}"}
    return str(requests.get(f"{server.url}/api/v1/me/", headers=headers, timeout=PATIENCE).json()["id"])


@pytest.fixture
def client(server: Server, api_key: str) -> Iterator[cent.Client]:
    """The synchronous client."""
    client = cent.Client(f"{server.url}/api", api_key, timeout=PATIENCE)
    with closing(client._session):
        yield client


@pytest.fixture
def stream() -> str:
    """A stream that nobody has written to."""
    return f"chat:cent-{next(_streams)}"


class Reader:
    """A connection of the user demo, over the Centrifugo protocol."""

    def __init__(self, server: Server, token: str) -> None:
        self._socket = websocket.create_connection(
            f"{server.url.replace('http', 'ws', 1)}/connection/websocket", timeout=PATIENCE
        )
        self._messages: list[dict[str, Any]] = []
        self._socket.send(json.dumps({"id": 1, "connect": {"token": token}}))
        self.client: str = self.wait_for("connect")["client"]

    def ask(self, method: str, request: dict[str, Any]) -> int:
        """Send a command, and return the number of its reply, whatever it says."""
        self._socket.send(json.dumps({"id": 2, method: request}))
        number: int = self.wait_for("id")
        return number

    def wait_for(self, member: str) -> Any:
        """Return the next message's member of that name; other messages are passed over."""
        while True:
            while self._messages:
                message = self._messages.pop(0)
                message = message.get("push", message)
                if member in message:
                    return message[member]
            self._messages += [json.loads(line) for line in self._socket.recv().splitlines()]

    def close_code(self) -> int:
        """Wait until the server ends the connection, and return why."""
        while True:
            opcode, data = self._socket.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2])

    def close(self) -> None:
        """End the connection."""
        # `close` does nothing more where the server has ended it.
        self._socket.close()
        self._socket.shutdown()  # type: ignore[no-untyped-call]


@pytest.fixture
def reader(server: Server, demo_token: str) -> Iterator[Reader]:
    """A connection of demo."""
    with closing(Reader(server, demo_token)) as reader:
        yield reader


def test_publishing_and_history(client: cent.Client, stream: str) -> None:
    first = client.publish(cent.PublishRequest(channel=stream, data={"n": 1}, tags={"lang": "de"}))
    assert first.offset == 1 and first.epoch
    encoded = base64.b64encode(b'"two"').decode()
    assert client.publish(cent.PublishRequest(channel=stream, data=None, b64data=encoded)).offset == 2
    assert client.publish(cent.PublishRequest(channel=stream, data=3, skip_history=True)) == cent.PublishResult()
    page = client.history(cent.HistoryRequest(channel=stream, limit=10))
    assert [(one.offset, one.data, one.tags) for one in page.publications] == [
        (1, {"n": 1}, {"lang": "de"}),
        (2, "two", None),
    ]
    assert (page.offset, page.epoch) == (2, first.epoch)
    since = cent.StreamPosition(offset=1, epoch=first.epoch)
    page = client.history(cent.HistoryRequest(channel=stream, limit=-1, since=since))
    assert [one.offset for one in page.publications] == [2]
    page = client.history(cent.HistoryRequest(channel=stream, limit=1, reverse=True))
    assert [one.offset for one in page.publications] == [2]
    client.history_remove(cent.HistoryRemoveRequest(channel=stream))
    page = client.history(cent.HistoryRequest(channel=stream, limit=10))
    assert (page.publications, page.offset, page.epoch) == ([], 2, first.epoch)


def test_a_key_of_idempotency(client: cent.Client, stream: str) -> None:
    results = [
        client.publish(cent.PublishRequest(channel=stream, data=number, idempotency_key="k")) for number in range(3)
    ]
    assert results == [results[0]] * 3 and results[0].offset == 1


def test_a_broadcast(client: cent.Client, stream: str) -> None:
    result = client.broadcast(cent.BroadcastRequest(channels=[stream, "nowhere:a", f"{stream}b"], data={}))
    assert [one.error.code if one.error else None for one in result.responses] == [None, 102, None]
    assert [one.result.offset if one.result else None for one in result.responses] == [1, None, 1]


@pytest.mark.parametrize("parallel", [False, True])
def test_a_batch(client: cent.Client, stream: str, parallel: bool) -> None:
    requests: list[Any] = [
        cent.PublishRequest(channel=stream, data=1),
        cent.BroadcastRequest(channels=[stream], data=2),
        cent.HistoryRequest(channel=stream, limit=-1),
        cent.DisconnectRequest(user="nobody"),
    ]
    replies: list[Any] = client.batch(cent.BatchRequest(requests=requests, parallel=parallel)).replies
    assert replies[0].offset == 1 and replies[1].responses[0].result.offset == 2
    assert [one.data for one in replies[2].publications] == [1, 2]
    assert replies[3] == cent.DisconnectResult()


def test_which_channels_have_readers_and_what_the_processes_are(
    client: cent.Client, server: Server, demo_token: str
) -> None:
    stream = "chat:lobby"
    with closing(Reader(server, demo_token)) as reader:
        reader.ask("subscribe", {"channel": stream})
        found = client.channels(cent.ChannelsRequest(pattern="chat:l*")).channels
        assert found.keys() == {stream} and found[stream].num_clients >= 1
        assert client.channels(cent.ChannelsRequest(pattern="nothing:*")).channels == {}
        assert stream in client.channels(cent.ChannelsRequest()).channels
        [node] = client.info(cent.InfoRequest()).nodes
        assert node.uid and node.name and node.num_clients >= 1 and node.num_subs >= 1
        assert node.process is not None and node.process.rss > 0


def test_errors(client: cent.Client, server: Server, stream: str) -> None:
    with pytest.raises(cent.CentApiResponseError) as caught:
        client.publish(cent.PublishRequest(channel="nowhere:a", data=1))
    assert caught.value.code == 102
    with pytest.raises(cent.CentApiResponseError) as caught:
        client.history(cent.HistoryRequest(channel=stream, limit=1, since=cent.StreamPosition(offset=9)))
    assert caught.value.code == 112
    with pytest.raises(cent.CentApiResponseError) as caught:
        client.block_user(cent.BlockUserRequest(user="7"))
    assert caught.value.code == 108
    stranger = cent.Client(f"{server.url}/api", "wrong")
    with closing(stranger._session), pytest.raises(cent.CentUnauthorizedError):
        stranger.info(cent.InfoRequest())


def test_clients_that_are_connected(client: cent.Client, stream: str, reader: Reader, demo_user: str) -> None:
    def presence() -> dict[str, Any] | None:
        try:
            return client.presence(cent.PresenceRequest(channel=stream)).presence
        except cent.CentApiResponseError as error:
            # Of a server that has just begun.
            if error.code != 100:
                raise
            return None

    wait_until(lambda: presence() == {}, "nobody there", seconds=PATIENCE)
    client.subscribe(cent.SubscribeRequest(user=demo_user, channel=stream, client=reader.client, data={"n": 1}))
    assert reader.wait_for("subscribe")["data"] == {"n": 1}
    client.publish(cent.PublishRequest(channel=stream, data="hi"))
    assert reader.wait_for("pub")["data"] == "hi"
    wait_until(lambda: reader.client in (presence() or {}), "the client among those present", seconds=PATIENCE)
    assert (presence() or {})[reader.client].user == demo_user
    stats = client.presence_stats(cent.PresenceStatsRequest(channel=stream))
    assert (stats.num_clients, stats.num_users) == (1, 1)
    client.unsubscribe(cent.UnsubscribeRequest(user=demo_user, channel=stream, client=reader.client))
    assert reader.wait_for("unsubscribe")["code"] == 2000
    how = cent.Disconnect(code=4123, reason="bye")
    client.disconnect(cent.DisconnectRequest(user=demo_user, client=reader.client, disconnect=how))
    assert reader.close_code() == 4123


def test_a_connection_that_is_said_to_be_expired(client: cent.Client, reader: Reader, demo_user: str) -> None:
    client.refresh(cent.RefreshRequest(user=demo_user, client=reader.client, expired=True))
    assert reader.close_code() == 3005


def test_a_disconnect_spares_whom_it_is_told_to(
    client: cent.Client, reader: Reader, server: Server, demo_token: str, demo_user: str, stream: str
) -> None:
    with closing(Reader(server, demo_token)) as other:
        client.disconnect(cent.DisconnectRequest(user=demo_user, whitelist=[reader.client]))
        assert other.close_code() == 3503
    assert reader.ask("history", {"channel": stream})


async def test_the_asynchronous_client(server: Server, api_key: str, stream: str) -> None:
    client = cent.AsyncClient(f"{server.url}/api", api_key, timeout=PATIENCE)
    try:
        assert (await client.publish(cent.PublishRequest(channel=stream, data=1))).offset == 1
        page = await client.history(cent.HistoryRequest(channel=stream, limit=10))
        assert [one.data for one in page.publications] == [1]
        with pytest.raises(cent.CentApiResponseError):
            await client.presence(cent.PresenceRequest(channel="nowhere:a"))
        replies: list[Any] = (
            await client.batch(cent.BatchRequest(requests=[cent.PublishRequest(channel=stream, data=2)]))
        ).replies
        assert replies[0].offset == 2
    finally:
        await client._session.close()
