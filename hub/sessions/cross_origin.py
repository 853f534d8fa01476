"""Which pages may read a response: the site's own, and those of `HUBBUB_ALLOWED_ORIGINS` (Fetch Standard, 3.3)."""

from hub.auth import page_allowed
from hub.core.asgi import Scope

Headers = list[tuple[bytes, bytes]]

#: Seconds for which a browser need not ask again whether it may send a request.
MAX_AGE = 300

_VARY = (b"vary", b"Origin")


def header(scope: Scope, name: bytes) -> str:
    """Return a header of a request, the last one where there are several; empty where there is none."""
    return next((value.decode("latin1") for key, value in reversed(scope["headers"]) if key == name), "")


def is_allowed(scope: Scope) -> bool:
    """Say whether a request comes from no page, or from one that may read the answer."""
    origin = header(scope, b"origin")
    return not origin or page_allowed(origin, header(scope, b"host"))


def headers_for(scope: Scope) -> Headers:
    """Return the headers by which the browser lets the page that has asked read the answer."""
    origin = header(scope, b"origin")
    if not origin or not is_allowed(scope):
        return [_VARY]
    allowed = [
        (b"access-control-allow-origin", origin.encode("latin1")),
        (b"access-control-allow-credentials", b"true"),
    ]
    return [_VARY, *allowed]


def preflight_headers(methods: tuple[str, ...]) -> Headers:
    """Return what else a browser wants to know before it sends a request (Fetch Standard, 3.3.3).

    Arguments:
        methods: that the address takes.
    """
    return [
        (b"access-control-allow-methods", ", ".join([*methods, "OPTIONS"]).encode()),
        (b"access-control-allow-headers", b"Authorization, Content-Type, Last-Event-ID"),
        (b"access-control-max-age", str(MAX_AGE).encode()),
    ]


def with_origin(scope: Scope) -> Scope:
    """Return the scope with an Origin also where the browser sends none, since the page is the site's own.

    An EventSource of the site's own sends no Origin, without which a session cookie proves nothing. But browsers say of
    each request whose page has made it, to servers that they reach by HTTPS or on the same machine (`Sec-Fetch-Site`,
    Fetch Metadata, 2.3). No page can say that itself.
    """
    if header(scope, b"origin") or header(scope, b"sec-fetch-site") != "same-origin":
        return scope
    own = f"{scope.get('scheme', 'http')}://{header(scope, b'host')}"
    return {**scope, "headers": [*scope["headers"], (b"origin", own.encode("latin1"))]}
