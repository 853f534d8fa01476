"""The tree of errors: numbers that clients rely on."""

import re

import pytest

from hub.core import errors
from hub.core.errors import HubError

ALL = HubError.__subclasses__()
OWN = [error for error in ALL if error.__module__ == errors.__name__]

#: As the module's own tree shows them: name, code and perhaps `temporary`.
DRAWN = re.findall(r"[├└]── (\w+) +(\d+)( +temporary)?", errors.__doc__ or "")


def test_the_tree_that_is_drawn_is_the_tree_that_is() -> None:
    assert [(error.__name__, str(error.code), error.temporary) for error in OWN] == [
        (name, code, bool(temporary)) for name, code, temporary in DRAWN
    ]


def test_the_codes_are_those_of_the_centrifugo_client_protocol() -> None:
    assert {error.__name__: error.code for error in OWN} == {
        "InternalError": 100,
        "Unauthorized": 101,
        "UnknownStream": 102,
        "PermissionDenied": 103,
        "MethodNotFound": 104,
        "AlreadySubscribed": 105,
        "LimitExceeded": 106,
        "BadRequest": 107,
        "NotAvailable": 108,
        "TokenExpired": 109,
        "Expired": 110,
        "TooManyRequests": 111,
        "UnrecoverablePosition": 112,
        "ConcurrentPagination": 113,
    }


@pytest.mark.parametrize("error", OWN)
def test_an_error_has_words_of_its_own(error: type[HubError]) -> None:
    assert error().message == str(error()) == error.default_message
    assert error("").message == error.default_message
    assert error("expected a, got b").message == str(error("expected a, got b")) == "expected a, got b"


def test_the_default_words_tell_errors_apart() -> None:
    assert len({error.default_message for error in OWN}) == len(OWN)
    assert errors.InternalError().message == "internal server error"


def test_an_error_of_an_application_is_an_error_of_the_hub() -> None:
    class RoomFull(HubError):
        code = 401
        default_message = "room is full"

    assert (RoomFull().code, RoomFull().message, RoomFull().temporary) == (401, "room is full", False)
