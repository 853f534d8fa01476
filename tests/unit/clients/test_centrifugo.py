"""What a server of the Centrifugo protocol says, read; and what it does not say, told."""

import json

import pytest

from clients.centrifugo import (
    Answered,
    Connected,
    Disconnected,
    Failed,
    Published,
    Subscribed,
    Unknown,
    Unsubscribed,
    connect_command,
    read_messages,
    read_subscription,
    subscribe_command,
)
from clients.position import Position

HERE = Position("e1", 4)


def test_the_commands_are_those_of_the_protocol() -> None:
    assert json.loads(connect_command(1, "t", {"a": HERE})) == {
        "id": 1,
        "connect": {"name": "subscribe", "token": "t", "subs": {"a": {"recover": True, "epoch": "e1", "offset": 4}}},
    }
    assert json.loads(subscribe_command(2, "a", Position(None, 0)))["subscribe"] == {
        "channel": "a",
        "positioned": True,
        "recoverable": True,
        "recover": True,
        "epoch": "",
        "offset": 0,
    }


def test_messages_of_one_frame_are_read_in_their_order() -> None:
    lines = [
        '{"id":1,"connect":{"client":"c","pong":true,"subs":{"a":{"epoch":"e","offset":2}}}}',
        "{}",
        '{"id":2,"subscribe":{}}',
        '{"id":3,"error":{"code":103,"message":"no"}}',
        '{"id":4,"publish":{}}',
        '{"push":{"channel":"a","unsubscribe":{"code":2500,"reason":"r"}}}',
        '{"push":{"channel":"a","subscribe":{"epoch":"e","offset":2}}}',
        '{"push":{"disconnect":{"code":3001,"reason":"r"}}}',
        '{"push":{"message":{"data":1}}}',
        "",
    ]
    assert list(read_messages("\n".join(lines))) == [
        Connected(True, [Subscribed("a", "e", 2, False, [])]),
        Answered(2, {}),
        Failed(3, 103, "no", False),
        Unsubscribed("a", 2500, "r"),
        Subscribed("a", "e", 2, True, []),
        Disconnected(3001, "r"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<html>",
        "[1]",
        "[" * 100_000,
        '{"id":1,"connect":{}}',
        '{"id":1,"error":{"code":"x"}}',
        '{"push":{"channel":"a","pub":{"offset":1}}}',
        '{"push":{"channel":"a","pub":{"data":1,"offset":true}}}',
        '{"push":{"channel":"a","pub":{"data":1,"offset":-1}}}',
        '{"push":{"channel":"a","subscribe":{"offset":"1"}}}',
        '{"id":1,"connect":{"client":"c","subs":{"a":{"epoch":4}}}}',
    ],
)
def test_what_is_no_message_is_told_and_nothing_is_raised(text: str) -> None:
    assert any(isinstance(one, Unknown) for one in read_messages(text))


def test_a_recovery_with_one_bad_publication_is_none_at_all() -> None:
    result: dict[str, object] = {"epoch": "e", "offset": 1, "publications": [{"data": 1, "offset": 2}, {"offset": 3}]}
    assert isinstance(read_subscription("a", result), Unknown)


@pytest.mark.parametrize("time", [None, "x", True, 10**20, -(10**20)])
def test_a_time_that_is_none_is_left_out(time: object) -> None:
    pub = json.dumps({"data": 1, "offset": 2, "time": time})
    [message] = read_messages(f'{{"push":{{"channel":"a","pub":{pub}}}}}')
    assert isinstance(message, Published)
    assert json.loads(message.event.text) == {"stream": "a", "offset": 2, "type": "message", "data": 1}
