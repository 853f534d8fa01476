"""Who sends a `connect` command: each credential, each outcome of the protocol's table (Centrifugo, section 4)."""

import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from pytest_django import Settings

from hub import tokens
from hub.auth import Authenticated, authenticate, by_token
from hub.core.errors import TokenExpired, Unauthorized
from hub.core.protocol import Disconnect
from hub.credentials import Credential, identities_of, users_of
from hub.database import in_database
from hub.identity import Guest, user_key
from hub.tokens import Grant, own
from tests.integration.conftest import MakeUser
from tests.unit.hub.tokens_of_others import OLD_SECRET, SECRET, signed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


@pytest.fixture(autouse=True)
def _keys(settings: Settings) -> None:
    settings.HUBBUB_TOKEN_HMAC_SECRET_KEY = SECRET


async def connect(token: str = "", query: bytes = b"", emulated: Any = None, **headers: str) -> Authenticated:
    given = {"host": "testserver"} | {name.replace("_", "-"): text for name, text in headers.items()}
    raw = [(name.encode(), value.encode("latin1")) for name, value in given.items()]
    return await authenticate({"headers": raw, "query_string": query}, {"token": token, "headers": emulated})


async def code_of(token: str = "", **headers: Any) -> int:
    """Return the code with which a client is sent away."""
    with pytest.raises(Disconnect) as caught:
        await connect(token, **headers)
    return caught.value.code


def token_of(user: User, **claims: Any) -> str:
    return signed(sub=str(user.pk), **claims)


def own_token(user: User, **claims: Any) -> str:
    """Return a token of the hub's own with some claims changed."""
    issued = jwt.decode(tokens.issue(user, timedelta(minutes=1)), options={"verify_signature": False})
    return jwt.encode(issued | claims, own._key(django_settings.SECRET_KEY), own.ALGORITHM)


async def test_a_token_of_another_backend_says_who_its_bearer_is(ann: User) -> None:
    exp = int(time.time()) + 60
    found = await connect(token_of(ann, exp=exp, info={"n": 1}, meta=[2], channels=["news:a"]))
    assert found.user == ann
    assert (found.info, found.meta, found.subscriptions) == ({"n": 1}, [2], {"news:a": Grant()})
    assert (found.expires_at, found.refreshable) == (exp, True)


async def test_a_token_that_does_not_end_needs_no_refresh(ann: User) -> None:
    found = await connect(token_of(ann, expire_at=0))
    assert (found.expires_at, found.refreshable) == (None, False)
    assert found.credential.time_left() is None


async def test_a_token_of_the_hubs_own_is_taken_in_the_same_place(ann: User) -> None:
    found = await connect(tokens.issue(ann, timedelta(minutes=1)))
    assert found.user == ann
    assert found.refreshable
    assert found.expires_at is not None
    assert found.expires_at - time.time() == pytest.approx(60, abs=30)


async def test_a_token_may_stand_in_a_header_or_in_the_query(ann: User) -> None:
    token = token_of(ann)
    assert (await connect(authorization=f"Bearer {token}")).user == ann
    assert (await connect(query=f"token={token}".encode())).user == ann
    assert (await connect(emulated={"Authorization": f"Bearer {token}"})).user == ann


async def test_a_session_cookie_is_enough_on_a_page_of_the_site(ann: User, cookie: str) -> None:
    found = await connect(origin="http://testserver", cookie=cookie)
    assert (found.user, found.expires_at, found.refreshable) == (ann, None, False)
    # A page's EventSource sends no origin to its own site.
    assert (await connect(sec_fetch_site="same-origin", cookie=cookie)).user == ann


async def test_a_cookie_is_worth_nothing_on_any_other_page(cookie: str) -> None:
    assert await code_of(origin="http://evil.example", cookie=cookie) == 3507
    assert await code_of(cookie=cookie) == 3501
    assert await code_of(sec_fetch_site="cross-site", cookie=cookie) == 3501
    with pytest.raises(Disconnect):
        await connect(emulated={"Cookie": cookie, "Origin": "http://testserver"})


async def test_a_token_is_worth_nothing_on_a_page_of_a_foreign_origin(ann: User) -> None:
    assert await code_of(token_of(ann), origin="http://evil.example") == 3507


async def test_an_invalid_token_is_3500(ann: User) -> None:
    for token in ("nonsense", signed(OLD_SECRET), token_of(ann, channel="news:a"), token_of(ann, exp="x")):
        assert await code_of(token) == 3500


async def test_an_expired_token_is_an_error_109(ann: User) -> None:
    for token in (token_of(ann, exp=1), own_token(ann, exp=1)):
        with pytest.raises(TokenExpired):
            await connect(token)


async def test_without_credentials_it_is_3501_where_anonymous_clients_are_not_allowed(settings: Settings) -> None:
    assert await code_of() == 3501
    settings.HUBBUB_ALLOW_ANONYMOUS = True
    found = await connect()
    assert (found.user, user_key(found.user), found.refreshable) == (Guest(""), "", False)


async def test_an_anonymous_token_is_3507_where_they_are_forbidden(settings: Settings) -> None:
    found = await connect(signed(sub=None, exp=None))
    assert (found.user, found.expires_at) == (Guest(""), None)
    settings.HUBBUB_ANONYMOUS_TOKENS = False
    settings.HUBBUB_ALLOW_ANONYMOUS = True
    assert await code_of(signed(sub="")) == 3507


@pytest.mark.parametrize("sub", ["nobody", "999999", "-1", "1.0", "٣", "9" * 40])
async def test_a_token_of_nobody_here_is_3500_where_guests_are_not_let_in(sub: str, settings: Settings) -> None:
    assert await code_of(signed(sub=sub)) == 3500
    settings.HUBBUB_GUESTS = True
    found = await connect(signed(sub=sub))
    assert found.user == Guest(sub)
    assert user_key(found.user) == sub


async def test_another_way_to_write_an_id_is_not_that_user(ann: User, settings: Settings) -> None:
    assert await code_of(signed(sub=f"0{ann.pk}")) == 3500
    settings.HUBBUB_GUESTS = True
    assert (await connect(signed(sub=f"0{ann.pk}"))).user == Guest(f"0{ann.pk}")


async def test_a_disabled_user_is_let_in_by_nothing_and_not_as_a_guest(
    ann: User, cookie: str, settings: Settings
) -> None:
    settings.HUBBUB_GUESTS = True
    own = tokens.issue(ann, timedelta(minutes=1))
    await in_database(User.objects.filter(pk=ann.pk).update, is_active=False)
    assert await code_of(token_of(ann)) == 3500
    assert await code_of(own) == 3500
    assert await code_of(origin="http://testserver", cookie=cookie) == 3501


async def test_the_token_decides_alone_whatever_cookie_comes_beside_it(cookie: str) -> None:
    assert await code_of("nonsense", origin="http://testserver", cookie=cookie) == 3500


async def test_a_refresh_is_for_the_one_who_is_connected(ann: User, make_user: MakeUser) -> None:
    ben = await in_database(make_user, "ben")
    assert (await by_token(token_of(ann), user=str(ann.pk))).user == ann
    for token in (token_of(ben), tokens.issue(ben, timedelta(minutes=1)), "nonsense"):
        with pytest.raises(Disconnect) as caught:
            await by_token(token, user=str(ann.pk))
        assert caught.value.code == 3500
    with pytest.raises(TokenExpired):
        await by_token(token_of(ann, exp=1), user=str(ann.pk))


async def test_credentials_are_looked_at_anew(ann: User, make_user: MakeUser, settings: Settings) -> None:
    ben = await in_database(make_user, "ben")
    settings.HUBBUB_GUESTS = True
    asked = [
        Credential("jwt", str(ann.pk)),
        Credential("jwt", str(ben.pk)),
        Credential("jwt", "eve"),
        Credential("guest", ""),
    ]
    assert await in_database(identities_of, asked) == [ann, ben, Guest("eve"), Guest("")]
    await in_database(User.objects.filter(pk=ann.pk).update, is_active=False)
    settings.HUBBUB_GUESTS = False
    disabled, still, guest, anonymous = await in_database(identities_of, asked)
    assert isinstance(disabled, Unauthorized)
    assert (still, anonymous) == (ben, Guest(""))
    assert isinstance(guest, Unauthorized)
    assert [type(one) for one in await in_database(users_of, asked)] == [Unauthorized, User, Unauthorized, Unauthorized]


async def test_on_a_page_of_a_pattern_a_token_is_worth_something_and_a_cookie_nothing(
    ann: User, cookie: str, settings: Settings
) -> None:
    settings.HUBBUB_TOKEN_ORIGINS = ["https://*.example.com"]
    page = "https://app.example.com"
    assert (await connect(token_of(ann), origin=page)).user == ann
    assert await code_of(origin=page, cookie=cookie) == 3501
    assert await code_of(token_of(ann), origin="https://app.example.org") == 3507
    settings.HUBBUB_TOKEN_ORIGINS = ["*"]
    assert (await connect(token_of(ann), origin="https://app.example.org")).user == ann
    assert await code_of(origin="https://app.example.org", cookie=cookie) == 3501
    settings.HUBBUB_ALLOW_ANONYMOUS = True
    assert (await connect(origin="https://app.example.org", cookie=cookie)).user == Guest("")
    assert (await connect(origin="http://testserver", cookie=cookie)).user == ann
