"""Pages while the database refuses: a disk that is full, a server that is away."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from hub.unavailable import SessionMiddleware, UnavailableMiddleware

pytestmark = pytest.mark.django_db

FULL = "database or disk is full"


@pytest.fixture(autouse=True)
def bea() -> User:
    """Somebody with a password."""
    return User.objects.create_user("bea", password="secret")


def log_in(client: Client) -> Any:
    """Send the form of the login page."""
    return client.post("/login/", {"username": "bea", "password": "secret"})


def expect_a_page_that_asks_to_try_again(response: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert "Try again in a moment" in response.content.decode()
    assert [record.name for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("refusal", [OperationalError(FULL), InterfaceError("connection already closed")])
def test_a_page_that_the_database_refuses_asks_to_try_again_and_logs_no_traceback(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, refusal: Exception
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise refusal

    monkeypatch.setattr(Session, "save", refuse)
    expect_a_page_that_asks_to_try_again(log_in(client), caplog)
    assert f"the database refused a page: {refusal}" in caplog.text


def test_a_session_that_could_not_be_written_after_the_view_is_not_taken_for_a_deleted_one(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    save = Session.save

    def refuse_to_update(self: Session, *args: object, force_insert: bool = False, **kwargs: object) -> None:
        if not force_insert:
            raise OperationalError(FULL)
        save(self, force_insert=True)

    # The view creates the session; what it holds is written by the middleware.
    monkeypatch.setattr(Session, "save", refuse_to_update)
    expect_a_page_that_asks_to_try_again(log_in(client), caplog)
    assert "sessionid" not in client.cookies


def test_a_call_of_the_api_whose_session_could_not_be_written_is_answered_with_json(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: SessionStore, must_create: bool = False) -> None:
        raise OperationalError(FULL)

    request = rf.get("/api/v1/rooms/")
    request.session = SessionStore()
    request.session["changed"] = True
    monkeypatch.setattr(SessionStore, "save", refuse)
    response = SessionMiddleware(lambda request: HttpResponse()).process_response(request, HttpResponse())
    assert response.status_code == 503
    assert response.content == b'{"error": {"code": 100, "message": "the database is busy; try again"}}'


def test_a_session_that_was_deleted_meanwhile_is_still_told_so(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def miss(self: SessionStore, must_create: bool = False) -> None:
        raise UpdateError

    request = rf.get("/")
    request.session = SessionStore()
    request.session["changed"] = True
    monkeypatch.setattr(SessionStore, "save", miss)
    with pytest.raises(SessionInterrupted):
        SessionMiddleware(lambda request: HttpResponse()).process_response(request, HttpResponse())


def test_another_failure_of_a_page_is_no_matter_of_the_databases() -> None:
    middleware = UnavailableMiddleware(lambda request: HttpResponse())
    assert middleware.process_exception(HttpRequest(), ValueError("a bug")) is None
