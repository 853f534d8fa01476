"""Who opens a socket: from the session cookie, a bearer token, or `?token=`; checked before anything is accepted."""

from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.http.request import split_domain_port, validate_host

from hub import tokens
from hub.conf import conf
from hub.core.asgi import Application, Receive, Scope, Send
from hub.core.codecs import plain
from hub.core.codes import close_code_for
from hub.core.errors import HubError, PermissionDenied, Unauthorized
from hub.credentials import Credential, user_of

_DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}


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
        return Credential("token", token, tokens.verify(token).expires_at)
    # The browser adds the cookie by itself, whatever page asks: only the Origin tells whose page it is.
    if origin is None:
        raise Unauthorized("expected an Origin header with a session cookie, or a token")
    session_key = _cookies(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    if not session_key:
        raise Unauthorized("expected a session cookie or a token, got neither")
    return Credential("session", session_key)


def check_origin(scope: Scope) -> str | None:
    """Return the Origin of a connection; programs send none.

    Raises:
        PermissionDenied: it is a foreign page's.
    """
    headers = _headers(scope)
    origin = headers.get("origin")
    if origin is not None and not origin_allowed(origin, headers.get("host", "")):
        raise PermissionDenied(f"pages of {origin[:100]!r} may not open a socket here")
    return origin


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin1"): value.decode("latin1") for name, value in scope["headers"]}


def origin_allowed(origin: str, host: str) -> bool:
    """Say whether pages of an origin may use this site's sockets: its own pages, and `HUBBUB_ALLOWED_ORIGINS`.

    Arguments:
        origin: the Origin header, e.g. `https://chat.example.com` (RFC 6454, 7).
        host: the Host header of the same request.
    """
    if origin in conf.ALLOWED_ORIGINS:
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
