"""Lines for people and for programs."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.output import Output, human_line, json_line, printable
from clients.wire import Event, read_frame


def event(text: str) -> Event:
    frame = read_frame(text)
    assert isinstance(frame, Event)
    return frame


MESSAGE = event('{"offset": 42, "type": "message.created", "at": "2026-01-02T03:04:05.678Z", "data": {"body": "hé"}}')


def test_a_person_sees_time_offset_type_and_data() -> None:
    assert human_line(MESSAGE).split(maxsplit=3) == [
        "2026-01-02T03:04:05.678Z",
        "#42",
        "message.created",
        '{"body": "hé"}',
    ]


def test_an_ephemeral_event_shows_a_dash_for_its_offset() -> None:
    assert human_line(event('{"type": "typing", "data": {}}')).split() == ["-", "-", "typing", "{}"]


def test_long_data_is_cut_short() -> None:
    line = human_line(event(json.dumps({"type": "t", "data": "x" * 5000})))
    assert len(line) < 250
    assert line.endswith("x…")


def test_what_others_wrote_cannot_steer_the_terminal() -> None:
    line = human_line(event(json.dumps({"type": "\x1b[2J", "at": "\x9b1m\n", "data": "\x7f\u202e\u2028"})))
    assert line.isprintable()
    assert r"\x1b[2J" in line
    assert r"\u202e" in line


@given(st.text())
def test_printable_text_is_printable_and_the_rest_untouched(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert not text.isprintable() or shown == text


@pytest.mark.parametrize("space", ["\n", "\r\n", "\n\n  "])
def test_a_json_line_is_the_very_object_on_one_line(space: str) -> None:
    text = space.join(['{"offset":', '7, "type": "t",', '"data": {"n": 1.50, "big": 12345678901234567890}}'])
    line = json_line(event(text))
    assert "\n" not in line
    assert "\r" not in line
    assert json.loads(line) == json.loads(text)
    assert "1.50" in line


def test_events_and_messages_go_different_ways() -> None:
    events, messages = io.StringIO(), io.StringIO()
    output = Output(events, messages, as_json=True, name="subscribe")
    output.event(MESSAGE)
    output.say("gap\x1b")
    assert events.getvalue() == MESSAGE.text + "\n"
    assert messages.getvalue() == "subscribe: gap\\x1b\n"


def test_messages_that_nobody_reads_are_no_reason_to_stop() -> None:
    class Closed(io.StringIO):
        def write(self, text: str, /) -> int:
            raise BrokenPipeError

    output = Output(Closed(), Closed(), as_json=True, name="subscribe")
    output.say("hello")
    with pytest.raises(BrokenPipeError):
        output.event(MESSAGE)
