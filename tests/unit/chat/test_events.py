"""The shapes of the chat's events."""

import inspect
import json
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User

from chat import events
from chat.models import Membership, Message, Profile, Room
from hub.publish import Draft

AT = datetime(2026, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC)


def user_with(display_name: str = "", **names: str) -> User:
    """Return a user who is in no database, with a profile."""
    user = User(pk=1, username="ann", **names)
    # Makes itself known to its user, too.
    Profile(user=user, display_name=display_name)
    return user


USER = user_with()
ROOM = Room(slug="lobby", title="Lobby", topic="All", created_at=AT)
MESSAGE = Message(pk=7, room=ROOM, author=USER, body="hé", created_at=AT)
MEMBERSHIP = Membership(room=ROOM, user=USER)

DRAFTS = [
    events.message_created(MESSAGE),
    events.message_updated(MESSAGE),
    events.message_deleted(MESSAGE),
    events.room_updated(ROOM),
    events.room_deleted(ROOM),
    events.member_joined(MEMBERSHIP),
    events.member_left(MEMBERSHIP),
    Draft(events.TYPING, events.typing_data(USER)),
]


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.type)
def test_an_event_has_exactly_the_names_that_are_declared(draft: Draft) -> None:
    assert isinstance(draft.data, dict)
    assert tuple(draft.data) == events.EVENTS[draft.type]


def test_every_declared_event_is_made_by_a_constructor() -> None:
    assert {draft.type for draft in DRAFTS} == set(events.EVENTS)


def test_every_constructor_is_tried_here() -> None:
    # So one that is new has to be declared, and what is declared has to be replayed (`test_replay.py`).
    made = {function for function in vars(events).values() if returns_draft(function)}
    assert len(made) == len([draft for draft in DRAFTS if draft.type != events.TYPING])


def returns_draft(function: object) -> bool:
    """Say whether it is a function of this module that makes an event."""
    return inspect.isfunction(function) and inspect.signature(function).return_annotation is Draft


def test_the_wire_form_of_a_message_is_pinned() -> None:
    assert json.dumps(events.message_object(MESSAGE), ensure_ascii=False) == (
        '{"id": 7, "room": "lobby", "author": {"id": 1, "username": "ann", "display_name": "ann"}, "body": "hé", '
        '"created_at": "2026-01-02T03:04:05.678Z", "edited_at": null}'
    )


def test_a_message_whose_author_is_gone_has_none() -> None:
    message = Message(pk=7, room=ROOM, body="x", created_at=AT, edited_at=AT)
    assert events.message_object(message)["author"] is None
    assert events.message_object(message)["edited_at"] == "2026-01-02T03:04:05.678Z"


@pytest.mark.parametrize(
    ("user", "shown"),
    [
        (user_with(), "ann"),
        (user_with(first_name="Ann", last_name="Lee"), "Ann Lee"),
        (user_with("Annie", first_name="Ann"), "Annie"),
    ],
)
def test_a_user_is_shown_by_profile_then_full_name_then_username(user: User, shown: str) -> None:
    assert events.user_object(user) == {"id": 1, "username": "ann", "display_name": shown}
