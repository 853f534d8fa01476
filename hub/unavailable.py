"""What is answered where the database refuses to serve a page: it is away, held or full, and may be back in a moment.

The views of the API answer by themselves (`hub.api.exceptions`).
"""

import logging
from collections.abc import Iterator

from django.contrib.sessions import middleware
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.deprecation import MiddlewareMixin

from hub.api.exceptions import RETRY_AFTER, error_body
from hub.core.errors import InternalError

logger = logging.getLogger(__name__)


class UnavailableMiddleware(MiddlewareMixin):
    """Answers 503 where a view was refused by the database."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the answer to a request whose view failed, None where it is no matter of the database's."""
        return _unavailable(request, exception) if isinstance(exception, OperationalError | InterfaceError) else None


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, which takes a session that the database did not write for one that somebody has deleted (400)."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session, and set its cookie; 503 where the database refuses."""
        try:
            return super().process_response(request, response)
        except (OperationalError, InterfaceError) as error:
            return _unavailable(request, error)
        except SessionInterrupted as error:
            for cause in _causes(error):
                if isinstance(cause, OperationalError | InterfaceError):
                    return _unavailable(request, cause)
            raise


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    logger.error("the database refused a page: %s", str(error).strip(), extra={"action": "database_refused"})
    headers = {"Retry-After": str(RETRY_AFTER)}
    if request.path.startswith("/api/"):
        body = error_body(InternalError.code, "the database is busy; try again")
        return JsonResponse(body, status=503, headers=headers)
    # Without the request: what a page shows of its user would have to be asked of the database.
    return HttpResponse(loader.get_template("503.html").render(), status=503, headers=headers)
