"""What the chat may refuse."""

import pickle

import pytest

from chat.errors import InvalidField, RoomClosed, UnknownMessage, UnknownRoom, UnknownUser
from hub.core.errors import HubError

ERRORS = [
    (UnknownRoom("x"), 102, "there is no room 'x'"),
    (UnknownMessage(7), 102, "there is no message 7 in this room"),
    (UnknownUser("ann"), 102, "there is no active user 'ann'"),
    (InvalidField("body", "too long"), 107, "body: too long"),
    (RoomClosed(), 400, "room is closed"),
]


@pytest.mark.parametrize("error", [error for error, _, _ in ERRORS])
def test_an_error_arrives_in_another_process_as_it_was(error: HubError) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error)
    assert (str(arrived), vars(arrived)) == (str(error), vars(error))


@pytest.mark.parametrize(("error", "code", "message"), ERRORS)
def test_each_refusal_has_its_code_and_words(error: HubError, code: int, message: str) -> None:
    assert (error.code, error.message) == (code, message)


def test_words_do_not_repeat_an_endless_name() -> None:
    assert len(UnknownRoom("x" * 10_000).message) < 200
    assert len(UnknownUser("x" * 10_000).message) < 200
