"""Who opens a connection: from the session cookie, a bearer token, `?token=`, or the token of a `connect` command."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.http.request import split_domain_port, validate_host

from hub import tokens
from hub.conf import conf
from hub.core.asgi import Application, Receive, Scope, Send
from hub.core.codecs import plain
from hub.core.codes import CloseCode, close_code_for
from hub.core.errors import HubError, PermissionDenied, TokenExpired, Unauthorized
from hub.core.protocol import Disconnect
from hub.core.types import JSONObject
from hub.credentials import Credential, identity_of, user_of
from hub.identity import AnyUser, user_key
from hub.tokens import Grant

_DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who a connection of the Centrifugo client protocol was opened by, and what they brought along."""

    credential: Credential
    user: AnyUser
    #: Shown to others beside the client (`conn_info`); None where nothing is said.
    info: Any = None
    #: Unix time in seconds at which the connection ends; None: it does not.
    expires_at: float | None = None
    #: Whether the client can put that off by another token.
    refreshable: bool = False
    #: Streams that the client gets without asking, besides those of the namespaces.
    subscriptions: Mapping[str, Grant] = field(default_factory=dict)
    #: What the token says for the server alone.
    meta: Any = None


class AuthenticationMiddleware:
    """Puts `user` and `credential` into the scope, or refuses the handshake with 403.

    What may go well another time, as with a database that does not answer, is accepted and closed at once instead.

    Arguments:
        application: the ASGI application of the sockets.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        try:
            credential = find_credential(scope)
            user = await user_of(credential)
        except HubError as error:
            await receive()
            await _refuse(error, send)
            return
        await self._application({**scope, "user": user, "credential": credential}, receive, send)


async def _refuse(error: HubError, send: Send) -> None:
    if error.temporary:
        # A 403 would tell the client that its credentials are wrong, and not to come back.
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": plain.encode_error(error)})
        await send({"type": "websocket.close", "code": int(close_code_for(error.code))})
    else:
        # A close before the accept is answered with 403 by the server (ASGI, websocket close).
        await send({"type": "websocket.close", "code": 1000})


def find_credential(scope: Scope) -> Credential:
    """Return what the client of a socket proves itself with; whose it is has still to be asked.

    Arguments:
        scope: the ASGI scope of the connection.
    Raises:
        TokenExpired, Unauthorized: there is none, or it cannot be valid.
        PermissionDenied: a page of a foreign origin wants to use it.
    """
    headers = _headers(scope)
    origin = check_origin(scope)
    if (token := _bearer(headers, scope["query_string"])) is not None:
        return _own_credential(token)
    # The browser adds the cookie by itself, whatever page asks: only the Origin tells whose page it is.
    if origin is None or not origin_allowed(origin, headers.get("host", "")):
        raise Unauthorized("expected an Origin header with a session cookie, or a token")
    session_key = _cookies(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    if not session_key:
        raise Unauthorized("expected a session cookie or a token, got neither")
    return Credential("session", session_key)


def check_origin(scope: Scope) -> str | None:
    """Return the Origin of a connection; programs send none. It may be one where a token alone is worth something.

    Raises:
        PermissionDenied: it is a foreign page's.
    """
    headers = _headers(scope)
    origin = headers.get("origin")
    if origin is not None and not page_allowed(origin, headers.get("host", "")):
        raise PermissionDenied(f"pages of {origin[:100]!r} may not open a socket here")
    return origin


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin1"): value.decode("latin1") for name, value in scope["headers"]}


async def authenticate(scope: Scope, request: JSONObject) -> Authenticated:
    """Say who sends a `connect` command (Centrifugo client protocol, sections 4 and 8).

    Looked for in this order, and judged by the first that there is: the token of the command, a bearer token in the
    connection's headers or the command's own, the session cookie. Without any, a client is anonymous where that is
    allowed.

    Arguments:
        scope: the ASGI scope of the connection.
        request: the command's members.
    Raises:
        TokenExpired: the token was valid once (109).
        Disconnect: the token is invalid, or its user is gone or disabled (3500); there are no credentials (3501);
            anonymous tokens are forbidden, or the page is of a foreign origin (3507).
        HubError: it cannot be told just now.
    """
    try:
        origin = check_origin(scope)
    except PermissionDenied as error:
        raise Disconnect(CloseCode.PERMISSION_DENIED) from error
    headers = _headers(scope)
    emulated = {name.lower(): text for name, text in (request.get("headers") or {}).items() if isinstance(text, str)}
    token = request.get("token") or _bearer(headers, scope.get("query_string", b"")) or _bearer(emulated, b"")
    if token:
        return await by_token(token)
    session_key = _cookies(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    # A browser adds the cookie by itself, and says nothing of the origin where the page is the site's own.
    if origin is None:
        is_own_page = headers.get("sec-fetch-site") == "same-origin"
    else:
        is_own_page = origin_allowed(origin, headers.get("host", ""))
    if session_key and is_own_page:
        credential = Credential("session", session_key)
        try:
            return Authenticated(credential, await user_of(credential))
        except Unauthorized:
            # Of somebody who has logged out: as good as none.
            pass
    if not (conf.ALLOW_ANONYMOUS or conf.INSECURE):
        raise Disconnect(CloseCode.BAD_REQUEST)
    return await _identified(Credential("guest", ""))


async def by_token(token: str, *, user: str | None = None) -> Authenticated:
    """Say whose a connection token is: one of the hub's own, or one of another backend.

    Arguments:
        user: who it has to be, where somebody is connected already (`hub.identity.user_key`).
    Raises:
        TokenExpired: it was valid once.
        Disconnect: it is invalid, its user is gone or disabled or another one (3500); anonymous tokens are forbidden
            (3507).
        HubError: it cannot be told just now.
    """
    try:
        found = await _by_own_token(token) or await _by_other_token(token)
    except Unauthorized as error:
        raise Disconnect(CloseCode.INVALID_TOKEN) from error
    if user is not None and user_key(found.user) != user:
        raise Disconnect(CloseCode.INVALID_TOKEN)
    return found


async def _by_own_token(token: str) -> Authenticated | None:
    """Return whose a token of the hub's own is, or None where it is none."""
    try:
        credential = _own_credential(token)
    except TokenExpired:
        raise
    except Unauthorized:
        return None
    left = credential.time_left()
    ends_at = None if left is None else datetime.now(UTC).timestamp() + left
    return Authenticated(credential, await user_of(credential), expires_at=ends_at, refreshable=True)


async def _by_other_token(token: str) -> Authenticated:
    claims = await tokens.verify_connection(token)
    if not claims.user and not conf.ANONYMOUS_TOKENS:
        raise Disconnect(CloseCode.PERMISSION_DENIED)
    ends_at = None if claims.expires_at is None else datetime.fromtimestamp(claims.expires_at, UTC)
    credential = Credential("jwt", claims.user, ends_at)
    user = await identity_of(credential)
    return Authenticated(
        credential,
        user,
        claims.info,
        claims.expires_at,
        claims.expires_at is not None,
        claims.subscriptions,
        claims.meta,
    )


async def _identified(credential: Credential) -> Authenticated:
    return Authenticated(credential, await identity_of(credential))


def _own_credential(token: str) -> Credential:
    return Credential.of_token(token)


def page_allowed(origin: str, host: str) -> bool:
    """Say whether pages of an origin may connect at all: those of `origin_allowed`, and of `HUBBUB_TOKEN_ORIGINS`."""
    return origin_allowed(origin, host) or any(fnmatchcase(origin.lower(), one.lower()) for one in conf.TOKEN_ORIGINS)


def origin_allowed(origin: str, host: str) -> bool:
    """Say whether pages of an origin may use this site's sockets: its own pages, and `HUBBUB_ALLOWED_ORIGINS`.

    Arguments:
        origin: the Origin header, e.g. `https://chat.example.com` (RFC 6454, 7).
        host: the Host header of the same request.
    """
    # Browsers write scheme and host in lower case (RFC 6454, 4), people may not.
    if origin.lower() in map(str.lower, conf.ALLOWED_ORIGINS):
        return True
    try:
        parts = urlsplit(origin)
        port = str(parts.port or _DEFAULT_PORTS[parts.scheme])
    except (ValueError, KeyError):
        return False
    domain, host_port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    # Behind a proxy that ends TLS the scheme is not known here: a Host without a port has the origin's default one.
    return (parts.hostname or "") == domain.strip("[]") and port == (host_port or _DEFAULT_PORTS[parts.scheme])


def display_name(user: User) -> str:
    """Return how a user is shown to others: the name in a profile, where an application gives one, else theirs."""
    # Users who came by a fixture, or before there were profiles, have none.
    profile = getattr(user, "profile", None)
    return getattr(profile, "display_name", "") or user.get_full_name() or user.get_username()


def _bearer(headers: dict[str, str], query: bytes) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return parse_qs(query.decode("latin1")).get("token", [None])[0]


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, equals, value in pairs if equals}
