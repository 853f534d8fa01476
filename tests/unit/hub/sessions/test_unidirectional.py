"""What a unidirectional client asks for, in JSON, in an address, and by the id of the last event that it got."""

import json
from urllib.parse import quote, urlencode

import pytest

from hub.core.codecs.centrifugo import JSON
from hub.core.protocol import Disconnect
from hub.core.types import JSONObject
from hub.sessions.unidirectional import connect_request
from tests.unit.hub.sessions.exchanges import scope_of


def asked(query: str = "", sent: str = "", **headers: str) -> JSONObject:
    return connect_request(JSON, scope_of(query=query, **headers), sent)


def subs_of(request: JSONObject) -> JSONObject:
    subscriptions: JSONObject = request["subs"]
    return subscriptions


def test_an_address_without_any_json_is_enough() -> None:
    request = asked("stream=chat:lobby&stream=inbox%2342&token=t0")
    assert request["token"] == "t0"
    assert subs_of(request) == {"chat:lobby": {"recoverable": True}, "inbox#42": {"recoverable": True}}


def test_nothing_at_all_is_a_request_for_what_the_server_gives_unasked() -> None:
    assert asked() == {"subs": {}}
    assert asked(sent="null") == {"subs": {}}


@pytest.mark.parametrize("way", ["body", "query"])
def test_a_request_of_json_comes_in_the_body_or_in_the_address(way: str) -> None:
    text = json.dumps({"token": "t1", "subs": {"chat:a": {"recover": True, "epoch": "e1", "offset": 4}}})
    request = asked(sent=text) if way == "body" else asked(f"cf_connect={quote(text)}")
    assert request["token"] == "t1"
    assert subs_of(request) == {"chat:a": {"recoverable": True, "recover": True, "epoch": "e1", "offset": 4}}


def test_what_json_says_goes_before_what_the_address_says() -> None:
    request = asked("stream=chat:b&token=t0", '{"token":"t1","subs":{"chat:a":{}}}')
    assert request["token"] == "t1"
    assert set(subs_of(request)) == {"chat:a", "chat:b"}


def test_a_request_that_is_no_json_is_refused() -> None:
    with pytest.raises(Disconnect, match="3501"):
        asked(sent="{")


def test_an_event_source_that_comes_back_goes_on_from_its_last_event() -> None:
    request = asked(
        "stream=chat:a&stream=chat:b&stream=typing:c", last_event_id="41.e1.chat:a 3.e2.chat:b 9.e3.inbox#42"
    )
    assert subs_of(request) == {
        "chat:a": {"recoverable": True, "recover": True, "epoch": "e1", "offset": 41},
        "chat:b": {"recoverable": True, "recover": True, "epoch": "e2", "offset": 3},
        "typing:c": {"recoverable": True},
        "inbox#42": {"recoverable": True, "recover": True, "epoch": "e3", "offset": 9},
    }


def test_the_last_event_goes_before_what_was_asked_at_first() -> None:
    text = json.dumps({"subs": {"chat:a": {"recover": True, "epoch": "e1", "offset": 4}}})
    query = urlencode({"cf_connect": text, "last_event_id": "5.e1.chat:a"})
    assert subs_of(asked(query))["chat:a"]["offset"] == 5
    assert subs_of(asked(query, last_event_id="41.e1.chat:a"))["chat:a"]["offset"] == 41


@pytest.mark.parametrize("event_id", ["-", "42", "somebody else's"])
def test_whoever_stands_nowhere_asks_for_what_cannot_be_recovered_and_hears_so(event_id: str) -> None:
    request = asked("stream=chat:a", last_event_id=event_id)
    assert subs_of(request) == {"chat:a": {"recoverable": True, "recover": True, "epoch": "_", "offset": 0}}
