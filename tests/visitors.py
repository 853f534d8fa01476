"""Somebody with a browser, for tests of whole servers: keeps cookies, fills in forms, calls the API from the page."""

import json
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError

from tests.programs import PATIENCE


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


class Answer:
    """What the server answered."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Visitor:
    """One browser.

    Arguments:
        site: the server's address, e.g. `http://127.0.0.1:8000`.
    """

    def __init__(self, site: str) -> None:
        self.site = site
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), _NoRedirect, urllib.request.HTTPCookieProcessor(self._cookies)
        )

    @property
    def cookie(self) -> str:
        """Its Cookie header."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)

    def get(self, path: str, **headers: str) -> Answer:
        """Load a page. Redirects are not followed."""
        return self._open(urllib.request.Request(self.site + path, headers=headers))

    def submit(self, path: str, **fields: str) -> Answer:
        """Load a page with a form, fill it in, and send it."""
        self.get(path)
        form = {**fields, "csrfmiddlewaretoken": self._csrf_token}
        return self._open(urllib.request.Request(self.site + path, urllib.parse.urlencode(form).encode()))

    def call(self, method: str, path: str, body: dict[str, object] | None = None, **headers: str) -> Answer:
        """Call the API as the page does: with the cookies, and with the CSRF token where there is one."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._csrf_token} | headers
        data = None if body is None else json.dumps(body).encode()
        return self._open(urllib.request.Request(self.site + path, data, headers, method=method))

    def log_in(self, username: str) -> "Visitor":
        """Log in as one of the demo's users, whose passwords are their names."""
        answer = self.submit("/login/", username=username, password=username)
        assert answer.status == 302, answer.body.decode()
        return self

    def token(self) -> str:
        """Ask for a token of whoever is logged in."""
        token: str = self.get("/api/v1/token/").json["token"]
        return token

    @property
    def _csrf_token(self) -> str:
        return next((cookie.value or "" for cookie in self._cookies if cookie.name == "csrftoken"), "")

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            with self._opener.open(request, timeout=PATIENCE) as response:
                return Answer(response.status, response.headers, response.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())
