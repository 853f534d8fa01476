"""What a failed request is answered."""

import pytest
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest
from rest_framework import exceptions

from chat.errors import InvalidField, RoomClosed
from hub.api.exceptions import answer, server_error
from hub.core import errors

CASES = [
    (errors.InternalError(), 503, 100),
    (errors.Unauthorized(), 401, 101),
    (errors.UnknownStream(), 404, 102),
    (errors.PermissionDenied(), 403, 103),
    (errors.MethodNotFound(), 405, 104),
    (errors.AlreadySubscribed(), 409, 105),
    (errors.LimitExceeded(), 400, 106),
    (errors.BadRequest(), 400, 107),
    (errors.NotAvailable(), 503, 108),
    (errors.TokenExpired(), 401, 109),
    (errors.TooManyRequests(), 429, 111),
    (errors.UnrecoverablePosition(), 409, 112),
    (RoomClosed(), 409, 400),
    (exceptions.NotAuthenticated(), 401, 101),
    (exceptions.AuthenticationFailed(), 401, 101),
    (exceptions.PermissionDenied(), 403, 103),
    (exceptions.NotFound(), 404, 102),
    (exceptions.MethodNotAllowed("PUT"), 405, 104),
    (exceptions.NotAcceptable(), 406, 107),
    (exceptions.UnsupportedMediaType("text/plain"), 415, 107),
    (exceptions.ParseError(), 400, 107),
    (exceptions.Throttled(), 429, 111),
    (Http404(), 404, 102),
    (DjangoPermissionDenied(), 403, 103),
    (SuspiciousOperation(), 400, 107),
    (RequestDataTooBig(), 413, 106),
    (OperationalError("database is locked"), 503, 100),
]


@pytest.mark.parametrize(("error", "status", "code"), CASES, ids=lambda value: getattr(type(value), "__name__", ""))
def test_each_error_has_its_status_and_code(error: Exception, status: int, code: int) -> None:
    response = answer(error, {})
    assert response is not None
    assert response.status_code == status
    assert response.data["error"]["code"] == code
    assert response.data["error"]["message"]


def test_wrong_fields_are_named() -> None:
    response = answer(exceptions.ValidationError({"body": ["This field is required."]}), {})
    assert response is not None
    assert response.data == {
        "error": {
            "code": 107,
            "message": "body: This field is required.",
            "fields": {"body": ["This field is required."]},
        }
    }


def test_a_nested_problem_gives_a_plain_sentence() -> None:
    response = answer(exceptions.ValidationError({"a": {"b": ["wrong"]}}), {})
    assert response is not None
    assert response.data["error"]["message"] == "a: wrong"


def test_a_service_that_refuses_a_field_names_it_like_a_form() -> None:
    response = answer(InvalidField("body", "too long"), {})
    assert response is not None
    assert response.data["error"] == {"code": 107, "message": "body: too long", "fields": {"body": ["too long"]}}


@pytest.mark.parametrize(
    "error", [errors.TooManyRequests(), exceptions.Throttled(), OperationalError(), errors.InternalError()]
)
def test_what_is_worth_another_try_says_when(error: Exception) -> None:
    response = answer(error, {})
    assert response is not None
    assert response.headers["Retry-After"] == "1"


def test_a_busy_database_tells_nothing_of_its_inside() -> None:
    response = answer(OperationalError("no such table: secret"), {})
    assert response is not None
    assert "secret" not in str(response.data)


def test_a_fault_of_our_own_is_left_to_django() -> None:
    assert answer(ZeroDivisionError(), {}) is None


def test_the_page_of_a_server_error_is_json() -> None:
    response = server_error(HttpRequest())
    assert response.status_code == 500
    assert response.content == b'{"error": {"code": 100, "message": "internal server error"}}'
