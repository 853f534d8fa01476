"""The server API over HTTP: who calls, what the body says, and an answer, whatever happens (protocol, section 9)."""

import logging
from collections.abc import Callable
from functools import wraps

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hub.core.errors import BadRequest, HubError, InternalError, LimitExceeded, MethodNotFound, Unauthorized
from hub.core.json import decode_json_object
from hub.core.types import JSONObject
from hub.server_api import fields, methods
from hub.server_api.answers import error_text, status_of
from hub.server_api.authentication import Program, authenticate

logger = logging.getLogger(__name__)

#: What a view gets: who calls, and the body's text.
_Handler = Callable[[HttpRequest, Program, str], HttpResponse]


class _Refused(Exception):
    """A request that is refused before anything is done, with an HTTP status of its own."""

    def __init__(self, status: int, error: HubError) -> None:
        self.status = status
        self.error = error


def _for_programs(handler: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view for programs: no session, no CSRF token, and an answer in JSON to every request."""

    @csrf_exempt
    @require_POST
    @wraps(handler)
    def view(request: HttpRequest, **kwargs: str) -> HttpResponse:
        try:
            program = _program(request)
            return handler(request, program, _body(request), **kwargs)
        except _Refused as refused:
            return _answer(f'{{"error":{error_text(refused.error)}}}', refused.status)
        except Exception:
            # No traceback ever leaves the server, with whatever settings it runs.
            logger.exception("a request failed", extra={"action": "server_api_failed"})
            return _answer(f'{{"error":{error_text(InternalError())}}}', 500)

    return view


@_for_programs
def call(request: HttpRequest, program: Program, body: str, *, method: str) -> HttpResponse:
    """Answer `POST /api/<method>`: 200 with `result` or `error`, or the status of the error where that is asked for."""
    params = _object(body)
    if method not in {"batch", *methods.METHODS, *methods.ABSENT}:
        raise _Refused(404, MethodNotFound(f"there is no method {method[:40]!r}"))
    try:
        if method == "batch":
            return _answer(f'{{"replies":{methods.batch(program, params)}}}')
        return _answer(f'{{"result":{methods.call(program, method, params)}}}')
    except HubError as error:
        if request.headers.get("X-Centrifugo-Error-Mode", "").lower() == "transport":
            return _answer(error_text(error), status_of(error))
        return _answer(f'{{"error":{error_text(error)}}}')


@_for_programs
def commands(request: HttpRequest, program: Program, body: str) -> HttpResponse:
    """Answer `POST /api`: a command a line, `{"method", "params"}`, and as many lines, for `cent` up to version 4."""
    lines = [_object(line) for line in body.split("\n") if line.strip()]
    if not lines:
        raise _Refused(400, BadRequest("expected a command in the body, got none"))
    return _answer("\n".join([_answer_line(program, line) for line in lines]))


def _answer_line(program: Program, command: JSONObject) -> str:
    try:
        return f'{{"result":{methods.call(program, fields.text(command, "method"), command.get("params"))}}}'
    except HubError as error:
        return f'{{"error":{error_text(error)}}}'


def _program(request: HttpRequest) -> Program:
    try:
        return authenticate(request)
    except Unauthorized as error:
        raise _Refused(401, error) from error
    except (OperationalError, InterfaceError) as error:
        logger.error("the database refused a key: %s", error, extra={"action": "database_refused"})
        raise _Refused(503, InternalError("the database is busy; try again")) from error


def _body(request: HttpRequest) -> str:
    try:
        return request.body.decode()
    except RequestDataTooBig as error:
        raise _Refused(413, LimitExceeded("the body is too large")) from error
    except (UnicodeDecodeError, UnreadablePostError) as error:
        raise _Refused(400, BadRequest("expected a body in UTF-8, got other bytes")) from error


def _object(text: str) -> JSONObject:
    try:
        return decode_json_object(text)
    except BadRequest as error:
        raise _Refused(400, error) from error


def _answer(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="application/json", headers={"Cache-Control": "no-store"})
