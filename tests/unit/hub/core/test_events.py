"""Announcements: what one process says over the channel layer is what another one hears."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.events import (
    Announcement,
    Event,
    Position,
    decode_announcement,
    decode_bundle,
    encode_announcement,
    encode_bundle,
    joined,
    timestamp,
)
from hub.core.types import JSONObject
from tests.unit.hub.core.layer import carried

EVENT = Event(42, "message.created", "2026-01-02T03:04:05.678Z", '{"body":"hé"}')
TYPING = Event(None, "typing", "2026-01-02T03:04:06.000Z", "{}")
ANNOUNCEMENT = Announcement("chat:lobby", "e1", 42, (EVENT, TYPING))

ENCODED: JSONObject = {
    "type": "hub.announcement",
    "v": 1,
    "stream": "chat:lobby",
    "epoch": "e1",
    "head": 42,
    "events": [
        [42, "message.created", "2026-01-02T03:04:05.678Z", '{"body":"hé"}'],
        [None, "typing", "2026-01-02T03:04:06.000Z", "{}"],
    ],
}

# An offset is a positive BIGINT in the database.
offsets = st.integers(0, 2**63 - 1)
events = st.builds(Event, st.none() | offsets, st.text(), st.text(), st.text(), st.just("") | st.text())
announcements = st.builds(Announcement, st.text(), st.text(), offsets, st.lists(events).map(tuple))


def test_an_announcement_is_encoded_as_documented() -> None:
    assert encode_announcement(ANNOUNCEMENT) == ENCODED
    assert encode_announcement(Announcement("inbox#1", "e2", 7)) == {
        **ENCODED,
        "stream": "inbox#1",
        "epoch": "e2",
        "head": 7,
        "events": [],
    }


def test_an_announcement_of_those_bytes_is_understood() -> None:
    assert decode_announcement(ENCODED) == ANNOUNCEMENT


@given(announcements)
def test_what_one_process_announces_is_what_another_one_hears(announcement: Announcement) -> None:
    assert decode_announcement(carried(encode_announcement(announcement))) == announcement


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"v": 0}, {"v": None}, {"v": "1"}, {"type": "hub.mark"}, {"type": "hub.announcements"}, {"type": None}],
)
def test_another_version_or_type_is_passed_over(change: JSONObject) -> None:
    assert decode_announcement({**ENCODED, **change}) is None


def test_what_a_newer_process_says_besides_is_passed_over() -> None:
    more = {**ENCODED, "trace": "abc", "events": [[*event, "", {"trace": "abc"}] for event in ENCODED["events"]]}
    assert decode_announcement(more) == ANNOUNCEMENT


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text()))
def test_a_message_of_something_else_is_passed_over(message: JSONObject) -> None:
    assert decode_announcement(message) is None
    # Whatever a newer version puts in the place of what is known here.
    assert decode_announcement({**ENCODED, **message, "v": 2}) is None


def test_an_event_weighs_its_data_and_a_bit() -> None:
    assert EVENT.size == len(EVENT.data) + 100
    assert replace(EVENT, data="x" * 10_000).size == 10_100


def test_positions_are_equal_by_value() -> None:
    assert Position("e1", 3) == Position("e1", 3) != Position("e2", 3)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 678_901, UTC), "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 999_999, UTC), "2026-01-02T03:04:05.999Z"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00.000Z"),
        (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2026-01-01T22:00:00.000Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_milliseconds(moment: datetime, text: str) -> None:
    assert timestamp(moment) == text


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_later_moments_have_later_texts(one: datetime, other: datetime) -> None:
    earlier, later = sorted([one, other], key=lambda moment: moment.astimezone(UTC))
    assert timestamp(earlier) <= timestamp(later)


@given(st.lists(announcements))
def test_what_one_process_announces_of_many_streams_is_what_another_one_hears(told: list[Announcement]) -> None:
    assert decode_bundle(carried(encode_bundle(told))) == told


def test_a_bundle_is_no_announcement_and_one_of_a_newer_version_is_passed_over() -> None:
    bundle = encode_bundle([ANNOUNCEMENT])
    assert decode_announcement(bundle) is None
    assert decode_bundle(ENCODED) is None
    assert decode_bundle({**bundle, "v": 2}) is None


def test_a_bundle_in_which_more_is_said_of_a_stream_is_understood() -> None:
    bundle = encode_bundle([ANNOUNCEMENT])
    bundle["announcements"][0].append({"more": True})
    assert decode_bundle(bundle) == [ANNOUNCEMENT]


@given(st.lists(announcements))
def test_joining_keeps_each_event_in_the_order_of_its_stream_and_life(told: list[Announcement]) -> None:
    found = joined(told)
    lives = [(one.stream, one.epoch) for one in found]
    assert len(set(lives)) == len(lives)
    for one in found:
        same = [other for other in told if (other.stream, other.epoch) == (one.stream, one.epoch)]
        assert list(one.events) == [event for other in same for event in other.events]
        assert one.head == max(other.head for other in same)
    assert {(one.stream, one.epoch) for one in told} == set(lives)
