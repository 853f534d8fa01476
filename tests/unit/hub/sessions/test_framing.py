"""Messages in the body of a response: whatever is put together can be taken apart."""

import json

from hypothesis import given
from hypothesis import strategies as st

from hub.core.codecs.centrifugo import JSON
from hub.core.events import Event
from hub.sessions.framing import FramedCodec, as_events, as_lines
from tests.unit.hub.sessions.reading import events_of

VALUES = st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers(), max_size=3)
MESSAGES = st.lists(VALUES.map(lambda value: json.dumps(value, ensure_ascii=False)), min_size=1, max_size=5)


@given(MESSAGES)
def test_an_event_source_gets_each_message_as_an_event_also_of_those_that_were_joined(messages: list[str]) -> None:
    assert [event.data for event in events_of(as_events(JSON.join(messages)).decode())] == messages


@given(MESSAGES)
def test_whoever_reads_lines_gets_each_message_as_a_line(messages: list[str]) -> None:
    assert as_lines(JSON.join(messages)).decode().split("\n") == [*messages, ""]


def test_a_frame_of_an_event_is_the_same_bytes_for_all_readers_of_a_kind() -> None:
    codec = FramedCodec(JSON, as_events)
    wire = codec.wire()
    assert wire is codec.wire()
    assert wire is not codec.wire(bare=True)
    event = Event(1, "message", "2026-01-02T03:04:05.678Z", '{"a":1}')
    (pushed,) = events_of(wire.frame(wire.encode("chat:lobby", event)).decode())
    assert json.loads(pushed.data)["push"]["pub"]["data"] == {"a": 1}


def test_what_is_said_is_said_in_the_words_of_the_codec() -> None:
    codec = FramedCodec(JSON, as_lines)
    assert (codec.name, codec.ping) == ("json", "{}")
    assert codec.frame(codec.push("disconnect", {"code": 3001, "reason": "shutdown"}, bare=True)) == (
        b'{"disconnect":{"code":3001,"reason":"shutdown"}}\n'
    )
    assert codec.decode('{"id":1,"connect":{}}')[0].method == "connect"
