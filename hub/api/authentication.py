"""Who is calling the API: the bearer of a token, a program with a key, or a browser with a session.

A request with a header of the first two is judged by it alone; it never falls back to the cookie beside it.
"""

from django.contrib.auth.models import User
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from hub import apikeys
from hub.core.errors import HubError, Unauthorized
from hub.credentials import user_of_token
from hub.models import ApiKey


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <JWT>`, as issued by `GET /api/v1/token/` or `manage.py token` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the token's user, None where there is no such header.

        Raises:
            AuthenticationFailed: the token is wrong or old, or its user is disabled or has another password.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return user_of_token(token.strip()), None
        except HubError as error:
            raise AuthenticationFailed(error.message, code=str(error.code)) from error

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return 'Bearer realm="hubbub"'


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`X-API-Key: <key>`: the program acts in the name of the key's user, within the key's scopes."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the key's user and row, None where there is no such header.

        Raises:
            AuthenticationFailed: the key cannot be used.
        """
        key = request.headers.get("X-API-Key")
        if key is None:
            return None
        try:
            row = apikeys.verify(key)
        except Unauthorized as error:
            raise AuthenticationFailed(error.message) from error
        return row.user, row

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return 'ApiKey realm="hubbub"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The session cookie of a browser that logged in; a write must carry a CSRF token too."""

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return 'Session realm="hubbub"'


def caller(request: Request) -> User:
    """Return the user who calls, for a view that is for those alone who proved who they are."""
    assert isinstance(request.user, User), "the view's permissions let nobody else in"
    return request.user
