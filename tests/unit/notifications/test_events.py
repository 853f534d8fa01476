"""The shapes of an inbox's events."""

import inspect
import json
from datetime import UTC, datetime

import pytest

from hub.publish import Draft
from notifications import events
from notifications.models import Notification

AT = datetime(2026, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC)
NOTIFICATION = Notification(
    pk=5, user_id=1, kind="alert", title="Disk", body="full", url="/", created_at=AT, read_at=AT
)


def three() -> int:
    """Count what is unread."""
    return 3


DRAFTS = [
    events.created(NOTIFICATION, three),
    events.updated(NOTIFICATION, three),
    events.read(NOTIFICATION, three),
    events.read_all(9, AT, three),
    events.deleted(NOTIFICATION, three),
]


def data_of(draft: Draft) -> dict[str, object]:
    """Return the data that an event gets once its stream is locked."""
    assert callable(draft.data)
    data: dict[str, object] = draft.data()
    return data


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.type)
def test_an_event_has_exactly_the_names_that_are_declared(draft: Draft) -> None:
    assert tuple(data_of(draft)) == events.EVENTS[draft.type]


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.type)
def test_what_is_unread_is_counted_only_when_the_stream_is_locked(draft: Draft) -> None:
    assert callable(draft.data)
    assert data_of(draft)["unread"] == 3


def test_every_declared_event_is_made_by_a_constructor() -> None:
    assert {draft.type for draft in DRAFTS} == set(events.EVENTS)


def test_every_constructor_is_tried_here() -> None:
    # So one that is new has to be declared, and what is declared has to be replayed (`test_replay.py`).
    made = {function for function in vars(events).values() if returns_draft(function)}
    assert len(made) == len(DRAFTS)


def returns_draft(function: object) -> bool:
    """Say whether it is a function of this module that makes an event."""
    return inspect.isfunction(function) and inspect.signature(function).return_annotation is Draft


def test_the_wire_form_of_a_notification_is_pinned() -> None:
    assert json.dumps(events.notification_object(NOTIFICATION)) == (
        '{"id": 5, "kind": "alert", "title": "Disk", "body": "full", "url": "/", '
        '"created_at": "2026-01-02T03:04:05.678Z", "read_at": "2026-01-02T03:04:05.678Z"}'
    )
