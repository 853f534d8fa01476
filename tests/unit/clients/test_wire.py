"""Frames as the server sends them, and as a broken or newer one might."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.wire import ErrorFrame, Event, Hello, Reply, Unreadable, read_frame


def test_a_hello_is_read() -> None:
    text = (
        '{"hello": {"stream": "chat:lobby", "epoch": "x", "offset": 41, "recovered": true, "user": "demo", "new": 1}}'
    )
    assert read_frame(text) == Hello("chat:lobby", "x", 41, True, "demo")


def test_a_hello_without_a_user_is_read() -> None:
    text = '{"hello": {"stream": "chat:lobby", "epoch": "x", "offset": 0, "recovered": false, "user": null}}'
    assert read_frame(text) == Hello("chat:lobby", "x", 0, False, None)


def test_an_event_is_read_and_keeps_its_text() -> None:
    text = '{"offset":42,"type":"message.created","at":"2026-01-02T03:04:05.678Z","data":{"n":1.50}}'
    assert read_frame(text) == Event(42, "message.created", "2026-01-02T03:04:05.678Z", {"n": 1.5}, text)


def test_an_ephemeral_event_has_no_offset() -> None:
    text = '{"type":"typing","data":{}}'
    assert read_frame(text) == Event(None, "typing", None, {}, text)


def test_an_error_and_a_reply_are_told_apart() -> None:
    assert read_frame('{"error":{"code":103,"message":"permission denied"}}') == ErrorFrame(103, "permission denied")
    assert read_frame('{"id":"c1","error":{"code":103,"message":"permission denied"}}') == Reply("c1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[" * 100_000,
        "[]",
        "7",
        "{}",
        '{"hello": 1}',
        '{"hello": {"stream": "s", "epoch": "e", "offset": true, "recovered": true}}',
        '{"hello": {"stream": "s", "epoch": "e", "offset": -1, "recovered": true}}',
        '{"offset": "7", "type": "t"}',
        '{"offset": null, "type": "t"}',
        '{"offset": true, "type": "t"}',
        '{"offset": 1.5, "type": "t"}',
        '{"type": 7}',
        '{"error": "oh"}',
    ],
)
def test_anything_else_is_unreadable_and_says_what_was_expected(text: str) -> None:
    frame = read_frame(text)
    assert isinstance(frame, Unreadable)
    assert frame.problem.startswith("expected ")


@given(st.text())
def test_no_text_whatever_makes_it_raise(text: str) -> None:
    read_frame(text)
