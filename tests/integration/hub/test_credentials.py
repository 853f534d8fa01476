"""Whose credentials are: asked about together or one by one, the verdict is the same."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from hub import tokens
from hub.core.errors import Unauthorized
from hub.credentials import Credential, user_of, users_of
from hub.database import in_database, shut_down
from tests.integration.conftest import MakeUser
from tests.integration.hub.conftest import log_in

pytestmark = pytest.mark.django_db

_numbers = itertools.count()


def session_of(user: User) -> Credential:
    return Credential("session", log_in(user).rpartition("=")[2])


def token_of(user: User) -> Credential:
    return Credential("token", tokens.issue(user, timedelta(minutes=1)))


def change_session(credential: Credential, **fields: object) -> None:
    Session.objects.filter(session_key=credential.value).update(**fields)


def end(credential: Credential) -> Credential:
    change_session(credential, expire_date=datetime.now(UTC) - timedelta(seconds=1))
    return credential


def tamper(credential: Credential) -> Credential:
    change_session(credential, session_data="e30:1abc:xyz")
    return credential


def log_out(credential: Credential) -> Credential:
    Session.objects.filter(session_key=credential.value).delete()
    return credential


def claim(user: User, **claims: object) -> Credential:
    """Return a signed token of a user with some claims changed."""
    issued = jwt.decode(token_of(user).value, options={"verify_signature": False}) | claims
    return Credential("token", jwt.encode(issued, tokens.own._key(django_settings.SECRET_KEY), tokens.own.ALGORITHM))


#: What may be the matter with a credential; each makes one for a user, of every kind there is.
MAKERS: dict[str, Callable[[User], Credential]] = {
    "session": session_of,
    "session that is over": lambda user: end(session_of(user)),
    "session whose data was tampered with": lambda user: tamper(session_of(user)),
    "session that was logged out": lambda user: log_out(session_of(user)),
    "session that never was": lambda user: Credential("session", "0123456789abcdef0123456789abcdef"),
    "session with too short a key": lambda user: Credential("session", "short"),
    "session with a strange key": lambda user: Credential("session", "abcdefgh\x00ï"),
    "token": token_of,
    "token that is over": lambda user: claim(user, exp=datetime.now(UTC) - timedelta(hours=1)),
    "token of nobody": lambda user: claim(user, sub="999999"),
    "token of an impossible user": lambda user: claim(user, sub=str(10**30)),
    "token of a user below zero": lambda user: claim(user, sub="-1"),
    "token that was tampered with": lambda user: Credential("token", token_of(user).value + "x"),
    "token with a strange end": lambda user: claim(user, exp="soon"),
    "no token": lambda user: Credential("token", "nonsense"),
}


def change_password(user: User) -> None:
    user.set_unusable_password()
    user.save()


def disable(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def delete(user: User) -> None:
    user.delete()


#: What may happen to a user afterwards.
FATES: dict[str, Callable[[User], None]] = {
    "nothing": lambda user: None,
    "a changed password": change_password,
    "disabled": disable,
    "deleted": delete,
}


def verdict(found: object) -> object:
    """Return what can be compared of a user or an error."""
    return ("user", found.pk) if isinstance(found, User) else (type(found), str(found))


def alone(credential: Credential) -> object:
    try:
        return verdict(credential.user())
    except Exception as error:
        return verdict(error)


@given(cases=st.lists(st.tuples(st.sampled_from(list(MAKERS)), st.sampled_from(list(FATES))), min_size=1, max_size=6))
@settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_many_credentials_get_the_verdicts_that_each_gets_alone(
    make_user: MakeUser, cases: list[tuple[str, str]]
) -> None:
    credentials = []
    for kind, fate in cases:
        user = make_user(f"user{next(_numbers)}")
        credentials.append(MAKERS[kind](user))
        FATES[fate](user)
    assert list(map(verdict, users_of(credentials))) == list(map(alone, credentials))


def test_the_credentials_of_the_comparison_are_good_and_bad(make_user: MakeUser) -> None:
    good = {kind for kind in MAKERS if isinstance(users_of([MAKERS[kind](make_user(kind))])[0], User)}
    # That a token's time has passed is measured elsewhere.
    assert good == {"session", "token", "token that is over"}


@pytest.mark.parametrize("fallbacks", [True, False])
def test_a_rotated_secret_key_gives_the_same_verdicts(make_user: MakeUser, settings: Settings, fallbacks: bool) -> None:
    ann = make_user("ann")
    credentials = [session_of(ann), token_of(ann)]
    # Remembered from before, when the old secret was the site's.
    assert all(isinstance(user, User) for user in users_of(credentials))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the new one", [settings.SECRET_KEY] if fallbacks else []
    verdicts = users_of(credentials)
    assert [isinstance(user, User) for user in verdicts] == [fallbacks, fallbacks]
    assert list(map(verdict, verdicts)) == list(map(alone, credentials))


def test_all_are_found_with_one_query_for_the_sessions_and_one_for_the_users(make_user: MakeUser) -> None:
    users = [make_user(f"user{number}") for number in range(6)]
    credentials = [session_of(user) if user.pk % 2 else token_of(user) for user in users * 2]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = users_of(credentials)
    assert found == users * 2
    assert len(queries) == 2, queries.captured_queries


def test_nobody_gets_the_very_user_that_another_one_gets(make_user: MakeUser) -> None:
    ann = make_user("ann")
    first, second = users_of([token_of(ann), token_of(ann)])
    assert isinstance(first, User) and isinstance(second, User)
    first.username = "changed"
    assert second.username == "ann"
    assert first._state is not second._state


@pytest.mark.parametrize("fate", [disable, change_password, delete])
def test_a_user_is_read_anew_each_time(make_user: MakeUser, fate: Callable[[User], None]) -> None:
    ann = make_user("ann")
    credentials = [session_of(ann), token_of(ann)]
    assert users_of(credentials) == [ann, ann]
    fate(ann)
    assert [type(found) for found in users_of(credentials)] == [Unauthorized, Unauthorized]


class Strict(ModelBackend):
    """Knows nobody called bob."""

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id).exclude(username="bob").first()


class Stern(ModelBackend):
    """Lets nobody called bob in."""

    def user_can_authenticate(self, user: object) -> bool:
        return isinstance(user, User) and user.username != "bob"


@pytest.mark.parametrize("backend", [Strict, Stern])
def test_a_backend_of_the_sites_own_has_its_say(make_user: MakeUser, settings: Settings, backend: type) -> None:
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.{backend.__name__}"]
    ann, bob = make_user("ann"), make_user("bob")
    credentials = [session_of(ann), session_of(bob)]
    assert list(map(verdict, users_of(credentials))) == [
        ("user", ann.pk),
        (Unauthorized, "expected a session of an active user"),
    ]
    assert list(map(verdict, users_of(credentials))) == list(map(alone, credentials))


def test_sessions_that_are_kept_elsewhere_are_found_there(make_user: MakeUser, settings: Settings) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    ann = make_user("ann")
    credentials = [session_of(ann), Credential("session", "nonsense"), token_of(ann)]
    assert list(map(verdict, users_of(credentials))) == list(map(alone, credentials))
    assert users_of(credentials)[0] == ann


def test_a_database_that_does_not_answer_is_no_verdict(make_user: MakeUser, monkeypatch: pytest.MonkeyPatch) -> None:
    token = token_of(make_user("ann"))

    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(User.objects, "filter", away)
    with pytest.raises(OperationalError):
        users_of([token])


@pytest.mark.django_db(transaction=True)
async def test_whoever_asks_for_one_is_answered_like_all(make_user: MakeUser) -> None:
    ann = await in_database(make_user, "ann")
    try:
        assert await user_of(token_of(ann)) == ann
        with pytest.raises(Unauthorized):
            await user_of(Credential("token", "nonsense"))
    finally:
        shut_down()
