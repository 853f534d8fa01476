"""Who may open a socket: the site's application, asked with real sessions and tokens."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from pytest_django import Settings as OverriddenSettings

from hub import tokens
from hub.database import in_database
from tests.integration.hub.conftest import log_in
from tests.integration.sockets import TIMEOUT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]

ORIGIN = "http://testserver"
PATH = "/ws/notifications/"


async def knock(path: str = PATH, **headers: str) -> str | None:
    """Ask for a socket; return the user the server takes one for, or None when it refuses before it accepts."""
    # Imported late: it takes the settings of the running test.
    from asgi import application

    given = {"host": "testserver"} | headers
    raw = [(name.encode(), value.encode("latin1")) for name, value in given.items()]
    communicator = WebsocketCommunicator(application, path, headers=raw)
    try:
        accepted, _ = await communicator.connect(TIMEOUT)
        if not accepted:
            return None
        user: str = (await communicator.receive_json_from(TIMEOUT))["hello"]["user"]
        return user
    finally:
        await communicator.disconnect(timeout=TIMEOUT)


def token_of(user: User) -> str:
    return tokens.issue(user, timedelta(minutes=1))


def signed(user: User, key: bytes = b"", algorithm: str = "HS256", **claims: Any) -> str:
    """Return a token of a user with some claims changed, or left out where they are None."""
    issued = jwt.decode(token_of(user), options={"verify_signature": False}) | claims
    claims = {name: value for name, value in issued.items() if value is not None}
    return jwt.encode(claims, key or ("" if algorithm == "none" else tokens.own._key(settings.SECRET_KEY)), algorithm)


async def test_a_session_cookie_on_a_page_of_the_site_opens_a_socket(cookie: str) -> None:
    assert await knock(origin=ORIGIN, cookie=cookie) == "ann"


async def test_without_any_credentials_there_is_no_socket() -> None:
    assert await knock() is None
    assert await knock(origin=ORIGIN) is None
    assert await knock(origin=ORIGIN, cookie="csrftoken=x; sessionid=") is None
    assert await knock(origin=ORIGIN, cookie="sessionid=0123456789abcdef0123456789abcdef") is None


async def test_a_cookie_without_an_origin_opens_nothing(cookie: str) -> None:
    assert await knock(cookie=cookie) is None


FOREIGN_ORIGINS = [
    "http://evil.example",
    "http://testserver.evil.example",
    "http://eviltestserver",
    "http://sub.testserver",
    "http://testserver:8000",
    "http://testserver:80000",
    "https://testserver:80",
    "http://testserver@evil.example",
    "ftp://testserver",
    "testserver",
    "null",
    "http://",
    "http://[::1",
    "http://\xff",
    "http://testserver, http://evil.example",
]


async def test_a_page_of_another_origin_opens_nothing(cookie: str, ann: User) -> None:
    bearer = f"Bearer {token_of(ann)}"
    with_cookie = {origin: await knock(origin=origin, cookie=cookie) for origin in FOREIGN_ORIGINS}
    with_token = {origin: await knock(origin=origin, authorization=bearer) for origin in FOREIGN_ORIGINS}
    assert with_cookie == with_token == dict.fromkeys(FOREIGN_ORIGINS)


async def test_an_allowed_origin_is_taken_with_scheme_and_port(cookie: str, settings: OverriddenSettings) -> None:
    settings.HUBBUB_ALLOWED_ORIGINS = ["https://App.example.com", "http://localhost:5173"]
    assert await knock(origin="https://app.example.com", cookie=cookie) == "ann"
    assert await knock(origin="http://localhost:5173", cookie=cookie) == "ann"
    assert await knock(origin="http://app.example.com", cookie=cookie) is None
    assert await knock(origin="http://localhost:5174", cookie=cookie) is None


async def test_a_cookie_opens_nothing_on_a_page_where_only_tokens_count(
    cookie: str, ann: User, settings: OverriddenSettings
) -> None:
    settings.HUBBUB_TOKEN_ORIGINS = ["*"]
    assert await knock(origin="https://app.example.com", cookie=cookie) is None
    assert await knock(origin="https://app.example.com", authorization=f"Bearer {token_of(ann)}") == "ann"
    assert await knock(origin=ORIGIN, cookie=cookie) == "ann"


async def test_the_site_is_where_its_host_header_says(cookie: str) -> None:
    assert await knock(host="localhost:8000", origin="http://localhost:8000", cookie=cookie) == "ann"
    assert await knock(host="[::1]:8000", origin="http://[::1]:8000", cookie=cookie) == "ann"
    assert await knock(host="TestServer", origin=ORIGIN, cookie=cookie) == "ann"


FOREIGN_HOSTS = ["evil.example", "evil.example:80", "", "a b", "testserver:port", "testserver.evil.example"]


async def test_a_host_header_that_is_not_the_sites_vouches_for_no_origin(cookie: str) -> None:
    its_own = {host: await knock(host=host, origin=f"http://{host}", cookie=cookie) for host in FOREIGN_HOSTS}
    the_sites = {host: await knock(host=host, origin=ORIGIN, cookie=cookie) for host in FOREIGN_HOSTS}
    assert its_own == the_sites == dict.fromkeys(FOREIGN_HOSTS)


async def test_a_bearer_token_needs_no_origin(ann: User) -> None:
    assert await knock(authorization=f"Bearer {token_of(ann)}") == "ann"
    assert await knock(authorization=f"bearer  {token_of(ann)} ") == "ann"


async def test_a_token_may_stand_in_the_query(ann: User) -> None:
    assert await knock(f"{PATH}?token={token_of(ann)}") == "ann"
    assert await knock(f"{PATH}?since=0&token={token_of(ann)}", origin=ORIGIN) == "ann"


async def test_a_token_is_judged_alone_whatever_cookie_comes_beside_it(cookie: str, ann: User) -> None:
    assert await knock(authorization="Bearer wrong", origin=ORIGIN, cookie=cookie) is None
    assert await knock(f"{PATH}?token=wrong", origin=ORIGIN, cookie=cookie) is None


MALFORMED_TOKENS = ["", "wrong", "a.b.c", "\xe4.\xf6.\xfc", "\x00", "." * 5_000, "eyJhbGciOiJub25lIn0.e30."]


async def test_a_malformed_token_opens_nothing() -> None:
    opened = {token: await knock(authorization=f"Bearer {token}") for token in MALFORMED_TOKENS}
    assert opened == dict.fromkeys(MALFORMED_TOKENS)


#: What a forger may change in a token, each of it enough to make it worthless.
FORGERIES: list[dict[str, Any]] = [
    {"key": b"another secret of 32 bytes or so"},
    {"algorithm": "none"},
    {"algorithm": "HS512"},
    {"sub": None},
    {"sub": ""},
    {"sub": "ann"},
    {"sub": "1000000"},
    {"exp": None},
    {"exp": "tomorrow"},
    {"nbf": datetime(2100, 1, 1, tzinfo=UTC)},
]


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
async def test_a_token_that_was_not_issued_here_opens_nothing(ann: User) -> None:
    assert await knock(authorization=f"Bearer {signed(ann)}") == "ann"
    opened = [await knock(authorization=f"Bearer {signed(ann, **changes)}") for changes in FORGERIES]
    assert opened == [None] * len(FORGERIES)


async def test_an_expired_token_opens_nothing(ann: User) -> None:
    over = datetime.now(UTC) - timedelta(seconds=tokens.LEEWAY + 1)
    assert await knock(authorization=f"Bearer {signed(ann, exp=over, iat=over - timedelta(hours=1))}") is None


async def test_a_user_who_is_disabled_or_gone_opens_nothing(ann: User, cookie: str) -> None:
    token = token_of(ann)
    await in_database(User.objects.filter(pk=ann.pk).update, is_active=False)
    assert await knock(authorization=f"Bearer {token}") is None
    assert await knock(origin=ORIGIN, cookie=cookie) is None
    await in_database(ann.delete)
    assert await knock(authorization=f"Bearer {token}") is None
    assert await knock(origin=ORIGIN, cookie=cookie) is None


async def test_a_session_of_before_a_change_of_password_opens_nothing(ann: User, cookie: str) -> None:
    def change_password() -> str:
        ann.set_password("another")
        ann.save()
        return log_in(ann)

    fresh = await in_database(change_password)
    assert await knock(origin=ORIGIN, cookie=cookie) is None
    assert await knock(origin=ORIGIN, cookie=fresh) == "ann"


async def test_a_session_that_is_over_opens_nothing(cookie: str) -> None:
    await in_database(Session.objects.update, expire_date=datetime.now(UTC) - timedelta(seconds=1))
    assert await knock(origin=ORIGIN, cookie=cookie) is None
    await in_database(Session.objects.all().delete)
    assert await knock(origin=ORIGIN, cookie=cookie) is None


def sessions() -> list[Any]:
    return list(Session.objects.values_list())


async def test_a_rotated_secret_key_neither_ends_nor_changes_what_was_issued_before(
    ann: User, cookie: str, settings: OverriddenSettings
) -> None:
    token, before = token_of(ann), await in_database(sessions)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the new one", [settings.SECRET_KEY]
    assert await knock(origin=ORIGIN, cookie=cookie) == "ann"
    assert await knock(authorization=f"Bearer {token}") == "ann"
    assert await in_database(sessions) == before


async def test_a_secret_key_that_is_forgotten_ends_what_it_signed_and_flushes_no_session(
    ann: User, cookie: str, settings: OverriddenSettings
) -> None:
    token, before = token_of(ann), await in_database(sessions)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the new one", []
    assert await knock(origin=ORIGIN, cookie=cookie) is None
    assert await knock(authorization=f"Bearer {token}") is None
    assert await in_database(sessions) == before


async def test_a_session_of_a_backend_that_is_switched_off_opens_nothing(
    cookie: str, settings: OverriddenSettings
) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.RemoteUserBackend"]
    assert await knock(origin=ORIGIN, cookie=cookie) is None


@pytest.mark.usefixtures("busy_database")
async def test_a_database_that_does_not_answer_sends_nobody_away_for_good(
    ann: User, settings: OverriddenSettings
) -> None:
    from asgi import application

    settings.HUBBUB_DATABASE_TIMEOUT = 0.1
    headers = [(b"authorization", f"Bearer {token_of(ann)}".encode())]
    communicator = WebsocketCommunicator(application, PATH, headers=headers)
    # A refused handshake would tell the client that its token is wrong.
    assert (await communicator.connect(TIMEOUT))[0]
    error = (await communicator.receive_json_from(TIMEOUT))["error"]
    assert (error["code"], error["temporary"]) == (100, True)
    assert (await communicator.receive_output(TIMEOUT))["code"] == 3004
    await communicator.disconnect(timeout=TIMEOUT)
