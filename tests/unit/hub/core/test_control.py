"""What is to be done to sessions, as processes tell each other."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.control import (
    DisconnectSessions,
    Question,
    Refresh,
    SessionAction,
    Subscribe,
    Unsubscribe,
    decode_action,
    decode_node_message,
    decode_question,
    encode_action,
    encode_node_message,
    encode_question,
)
from hub.core.events import Position
from hub.core.rights import RightsChange, decode_rights, encode_rights
from hub.core.types import JSONObject
from tests.unit.hub.core.layer import carried
from tests.unit.hub.core.values import objects, values

DISCONNECT = DisconnectSessions(user="7", whitelist=("c1",))

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
whose = {"user": words, "client": words, "session": words}
moments = st.none() | st.floats(0, 2**40, allow_nan=False)
positions = st.none() | st.builds(Position, words, st.integers(0, 2**53))
actions: st.SearchStrategy[SessionAction] = st.one_of(
    st.builds(
        Subscribe,
        **whose,
        stream=words,
        expire_at=moments,
        info=values,
        data=values,
        recover_since=positions,
        override=st.none() | st.dictionaries(words, st.booleans(), max_size=3),
    ),
    st.builds(Unsubscribe, **whose, stream=words, code=st.integers(2000, 2999), reason=words),
    st.builds(
        DisconnectSessions,
        **whose,
        whitelist=st.lists(words, max_size=3).map(tuple),
        code=st.integers(3000, 4999),
        reason=words,
    ),
    st.builds(Refresh, **whose, expired=st.booleans(), expire_at=moments, info=values),
)


def test_an_action_is_encoded_as_documented() -> None:
    message = encode_action(DISCONNECT)
    assert message.keys() == {"type", "v", "body"}
    assert (message["type"], message["v"]) == ("hub.sessions", 1)
    assert json.loads(message["body"]) == {
        "action": "disconnect",
        "user": "7",
        "client": "",
        "session": "",
        "whitelist": ["c1"],
        "code": 3503,
        "reason": "force disconnect",
    }


@given(actions)
def test_what_one_process_tells_is_what_another_one_hears(action: SessionAction) -> None:
    assert decode_action(carried(encode_action(action))) == action


@given(objects)
def test_what_is_said_to_one_process_arrives_as_it_was(said: JSONObject) -> None:
    assert decode_node_message(carried(encode_node_message(said))) == said


@given(st.builds(Question, words, words, values))
def test_what_one_process_asks_is_what_another_one_is_asked(question: Question) -> None:
    assert decode_question(carried(encode_question(question))) == question


@pytest.mark.parametrize("change", [{"v": 2}, {"v": None}, {"type": "hub.mark"}, {"type": None}])
def test_another_version_or_type_is_passed_over(change: JSONObject) -> None:
    assert decode_action({**encode_action(DISCONNECT), **change}) is None
    assert decode_node_message({**encode_node_message({}), **change}) is None
    assert decode_question({**encode_question(Question("q", "info", None)), **change}) is None


def test_an_action_that_is_not_known_yet_is_passed_over() -> None:
    message = encode_action(DISCONNECT)
    body = json.dumps({**json.loads(message["body"]), "action": "levitate"})
    assert decode_action({**message, "body": body}) is None


def test_what_a_newer_process_says_besides_is_passed_over() -> None:
    message = encode_action(DISCONNECT)
    body = json.dumps({**json.loads(message["body"]), "mood": "good"})
    assert decode_action({**message, "body": body}) == DISCONNECT


def test_what_an_older_process_does_not_say_has_its_default() -> None:
    message = encode_action(Unsubscribe(user="7", stream="chat:lobby"))
    body = json.dumps({"action": "unsubscribe", "user": "7", "stream": "chat:lobby"})
    assert decode_action({**message, "body": body}) == Unsubscribe(user="7", stream="chat:lobby")


def test_nothing_is_taken_for_the_message_of_another_kind() -> None:
    assert decode_action(encode_rights(RightsChange(7, None))) is None
    assert decode_action(encode_node_message({"action": "disconnect"})) is None
    assert decode_node_message(encode_action(DISCONNECT)) is None
    assert decode_question(encode_node_message({"id": "q"})) is None
    assert decode_rights(encode_action(DISCONNECT)) is None
