"""What a failed request is answered: a status, and `{"error": {"code", "message", "fields"?}}`."""

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core import exceptions as django_exceptions
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from hub.core.errors import HubError, InternalError, LimitExceeded
from hub.core.types import JSONObject

logger = logging.getLogger(__name__)

#: The status of each error of the hub.
_STATUS: dict[int, int] = {
    100: status.HTTP_500_INTERNAL_SERVER_ERROR,
    101: status.HTTP_401_UNAUTHORIZED,
    102: status.HTTP_404_NOT_FOUND,
    103: status.HTTP_403_FORBIDDEN,
    104: status.HTTP_405_METHOD_NOT_ALLOWED,
    105: status.HTTP_409_CONFLICT,
    106: status.HTTP_400_BAD_REQUEST,
    107: status.HTTP_400_BAD_REQUEST,
    108: status.HTTP_503_SERVICE_UNAVAILABLE,
    109: status.HTTP_401_UNAUTHORIZED,
    110: status.HTTP_410_GONE,
    111: status.HTTP_429_TOO_MANY_REQUESTS,
    112: status.HTTP_409_CONFLICT,
    113: status.HTTP_409_CONFLICT,
}
_CODE = {401: 101, 404: 102, 403: 103, 405: 104, 429: 111}

#: Seconds after which a client may try again when the database was busy.
RETRY_AFTER = 1


def answer(error: Exception, context: JSONObject) -> Response | None:
    """Turn an exception of a view into a response; REST framework's EXCEPTION_HANDLER.

    Returns:
        The response, or None for a fault of our own, which Django logs and answers with `server_error`.
    """
    response = (
        _answer_hub(error)
        or _answer_database(error)
        or _answer_too_big(error)
        or _answer_framework(_as_framework(error))
    )
    if response is not None:
        set_rollback()
    return response


def error_body(code: int, message: str, fields: Mapping[str, Any] | None = None) -> JSONObject:
    """Return the body of an error."""
    error: JSONObject = {"code": code, "message": message}
    if fields:
        error["fields"] = fields
    return {"error": error}


def server_error(request: HttpRequest, *args: Any) -> JsonResponse:
    """Answer a request to the API that failed by our own fault; a `handler500` for Django."""
    return JsonResponse(error_body(InternalError.code, InternalError.default_message), status=500)


def _answer_hub(error: Exception) -> Response | None:
    if not isinstance(error, HubError):
        return None
    # An application's own refusals, 400 to 1999, are about the state of a thing: a closed room, say.
    answered = _STATUS.get(error.code, status.HTTP_409_CONFLICT)
    if isinstance(error, InternalError) and error.temporary:
        answered = status.HTTP_503_SERVICE_UNAVAILABLE
    headers = {"Retry-After": str(RETRY_AFTER)} if error.temporary else None
    return Response(error_body(error.code, error.message, getattr(error, "fields", None)), answered, headers=headers)


def _answer_too_big(error: Exception) -> Response | None:
    if not isinstance(error, django_exceptions.RequestDataTooBig):
        return None
    body = error_body(LimitExceeded.code, f"expected a body of at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes")
    return Response(body, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)


def _answer_database(error: Exception) -> Response | None:
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    logger.error("the database refused a request: %s", error, extra={"action": "database_refused"})
    body = error_body(InternalError.code, "the database is busy; try again")
    return Response(body, status.HTTP_503_SERVICE_UNAVAILABLE, headers={"Retry-After": str(RETRY_AFTER)})


def _as_framework(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, django_exceptions.PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, django_exceptions.SuspiciousOperation):
        return exceptions.ParseError()
    return error


def _answer_framework(error: Exception) -> Response | None:
    if not isinstance(error, exceptions.APIException):
        return None
    # REST framework makes a 403 of a request without credentials where no authentication class has a challenge.
    unauthorized = isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed)
    answered = status.HTTP_401_UNAUTHORIZED if unauthorized else error.status_code
    body = _validation_body(error) if isinstance(error, exceptions.ValidationError) else _plain_body(error, answered)
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = str(max(1, round(getattr(error, "wait", None) or 1)))
    return Response(body, answered, headers=headers)


def _plain_body(error: exceptions.APIException, answered: int) -> JSONObject:
    # An authentication class hands the hub's own code on as the detail's: an expired token is not a wrong one.
    own = str(getattr(error.detail, "code", ""))
    code = int(own) if own.isdecimal() else _CODE.get(answered, 107 if answered < 500 else 100)
    return error_body(code, str(error.detail))


def _validation_body(error: exceptions.ValidationError) -> JSONObject:
    detail: Any = error.detail
    fields = detail if isinstance(detail, dict) else {"non_field_errors": detail}
    first = next(iter(fields))
    return error_body(107, f"{first}: {_first_text(fields[first])}", fields)


def _first_text(problem: Any) -> str:
    while isinstance(problem, dict | list) and problem:
        problem = next(iter(problem.values())) if isinstance(problem, dict) else problem[0]
    return str(problem)
