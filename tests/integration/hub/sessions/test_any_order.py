"""Whatever a client asks for, in whatever order and in whatever frames: each command gets one answer, and only one."""

import json
import random
from collections import Counter

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chat.models import Room
from hub.core.types import JSONObject
from tests.integration.hub.boards import Boards
from tests.integration.hub.sessions.client import connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process", "unlimited")]

CHANNELS = ["board:a", "board:b", "passing:a", "chat:lobby", "chat:none", "nothing:a", "inbox#1", "$board:a", "no name"]
METHODS = ["subscribe", "unsubscribe", "publish", "presence", "presence_stats", "history", "rpc", "ping", "sub_refresh"]


def any_request(chance: random.Random, method: str) -> JSONObject:
    """Return a request that does not end the session, however little sense it makes."""
    if method == "ping":
        return {}
    channel = chance.choice(CHANNELS)
    if method == "rpc":
        name = chance.choice(["message.post", "typing", "publish", "no such"])
        data = {"stream": channel, "body": "hi", "data": {}}
        return {"method": name, "data": chance.choice([data, {}, None, [1]])}
    request: JSONObject = {"channel": channel}
    if method == "publish":
        request["data"] = chance.choice([{"body": "hi"}, None, "text"])
    if method == "subscribe":
        request |= chance.choice([{}, {"recover": True, "offset": chance.randrange(9)}, {"type": 1}, {"flag": 3}])
    if method == "history":
        request |= {"limit": chance.choice([0, 2, -1]), "reverse": chance.random() < 0.5}
    if method == "sub_refresh":
        # With a token it would end the session where it is not that of a subscription.
        request.pop("token", None)
    return request


@pytest.mark.parametrize("seed", range(4))
async def test_each_command_gets_one_answer(
    ann: User, boards: Boards, lobby: Room, settings: Settings, seed: int
) -> None:
    settings.HUBBUB_MAX_ERRORS = 1_000
    settings.HUBBUB_MAX_SUBSCRIPTIONS = 4
    chance = random.Random(seed)
    async with connected(ann) as client:
        asked: dict[int, str] = {number: chance.choice(METHODS) for number in range(100, 250)}
        waiting = [json.dumps({"id": n, method: any_request(chance, method)}) for n, method in asked.items()]
        while waiting:
            count = chance.randrange(1, 20)
            frame, waiting = waiting[:count], waiting[count:]
            if chance.random() < 0.3:
                frame.append("{}")
            await client.send_text("\n".join(frame))
        await client.send({"id": 999, "ping": {}})
        answers: Counter[int] = Counter()
        while (message := await client.receive()).get("id") != 999:
            if "id" in message:
                answers[message["id"]] += 1
                assert asked[message["id"]] in message or message["error"]["code"] > 100, message
        assert answers == Counter(asked.keys())
