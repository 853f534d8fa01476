"""A program that calls the server API, and streams for it."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from hub import apikeys
from hub.core.events import Announcement
from hub.core.types import JSONObject, JSONValue
from tests.integration.hub.boards import Boards, Passing, registered


class Program:
    """Calls the server API of the application, within this process."""

    def __init__(self, **headers: str) -> None:
        # A page's request would be refused: this client has no CSRF token.
        self._client = Client(enforce_csrf_checks=True)
        self._headers = headers

    def post(self, path: str, body: JSONValue = None, **headers: str) -> HttpResponse:
        """Return the answer to a request; a body that is no text or bytes goes as JSON."""
        content = body if isinstance(body, str | bytes) else json.dumps({} if body is None else body)
        response = self._client.post(path, content, content_type="application/json", headers=self._headers | headers)
        return cast(HttpResponse, response)

    def call(self, method: str, /, **params: Any) -> JSONObject:
        """Return the answer to a method, which comes with status 200."""
        response = self.post(f"/api/{method}", params)
        assert response.status_code == 200, response.content
        answer: JSONObject = json.loads(response.content)
        return answer

    def result(self, method: str, /, **params: Any) -> JSONObject:
        """Return the result of a method."""
        answer = self.call(method, **params)
        assert answer.keys() == {"result"}, answer
        result: JSONObject = answer["result"]
        return result

    def error(self, method: str, /, **params: Any) -> int:
        """Return the code of the error that a method is refused with."""
        answer = self.call(method, **params)
        assert answer.keys() == {"error"} and answer["error"].keys() == {"code", "message"}, answer
        code: int = answer["error"]["code"]
        return code


@pytest.fixture
def boards() -> Iterator[None]:
    """Streams `board:…`, which keep what is published, and `passing:…`, which do not."""
    with registered(Boards(), Passing()):
        yield


@pytest.fixture
def key(db: None, ann: User, boards: None) -> str:
    """Ann's key of the server API."""
    return apikeys.issue("backend", ann, ["server"])[1]


@pytest.fixture
def program(key: str, told: list[tuple[str, Any]]) -> Program:
    """A program with that key."""
    return Program(**{"X-API-Key": key})


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Stream and data of each event that is announced."""
    found: list[tuple[str, Any]] = []

    def send_all(announcements: list[Announcement]) -> bool:
        found.extend((one.stream, json.loads(event.data)) for one in announcements for event in one.events)
        return True

    monkeypatch.setattr("hub.announce.send_all", send_all)
    return found
