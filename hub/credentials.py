"""What clients prove themselves with, and whose it is now: of one, or of many by few queries.

What a text from the database or from a client means is a pure function of that text and the site's secrets, and is
remembered; that it still holds is asked anew each time.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from typing import Any, Literal, TypeVar

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from hub import tokens
from hub.batching import Batch
from hub.conf import conf
from hub.core.errors import Unauthorized
from hub.identity import AnyUser, Guest, user_id_of

T = TypeVar("T")

#: Values that one query asks for.
_CHUNK = 500
#: Sessions, and passwords, of which it is remembered what they mean.
_REMEMBERED = 8_192
#: The greatest id that a database gives.
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Credential:
    """What a client has proved itself with; it can be looked at anew at any time."""

    #: `jwt`: a token of another backend; who it names was verified, and is all that is kept. `guest`: nothing.
    kind: Literal["session", "token", "jwt", "guest"]
    #: The session's key, the token, or the id that a token of another backend names. Not to be shown.
    value: str = field(repr=False)
    #: When it ends by itself, where that is known beforehand.
    expires_at: datetime | None = None
    #: What a token of the site's own said when it was verified.
    claims: tokens.Claims | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of_token(cls, token: str) -> "Credential":
        """Return the credential that a token of the site's own is.

        Raises:
            TokenExpired, Unauthorized: it is not valid.
        """
        claims = tokens.verify(token)
        return cls("token", token, claims.expires_at, claims)

    def user(self) -> User:
        """Return the active user that it speaks for now.

        That a token's time has passed is not looked at again: `time_left` is asked once, and then measured by a clock
        that does not jump.

        Raises:
            Unauthorized: it is not valid, or no longer.
        """
        if self.kind == "token":
            return user_of_token(self.value, may_be_over=True, known=self.claims)
        if self.kind == "session":
            return user_of_session(self.value)
        [user] = users_of([self])
        if isinstance(user, Exception):
            raise user
        return user

    def time_left(self) -> float | None:
        """Return in how many seconds it ends by itself, by the time of day now; None where that is not known."""
        if self.expires_at is None:
            return None
        left = (self.expires_at - datetime.now(UTC)).total_seconds()
        # One that was let in though it seems over has what remains of the leeway.
        return left if left > 0 or self.kind != "token" else max(0.0, left + tokens.LEEWAY)


@dataclass(frozen=True, slots=True)
class _Login:
    """What a session says of who is logged in with it."""

    backend_path: str
    user_id: int
    #: A mark of the password that the user had when they logged in.
    hash: str


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom a token of another backend names."""

    #: As the token has it; empty: nobody.
    id: str

    @property
    def user_id(self) -> int:
        """The id of a user, or one that no user has."""
        return user_id_of(self.id) or 0


def identities_of(credentials: Sequence[Credential]) -> list[AnyUser | Exception]:
    """Say of each credential whose it is now, with one query for the sessions of up to 500 and one for the users.

    Returns:
        For each, in their order: its user, a guest, or the error that tells why it is nobody's. No two share a `User`.
    Raises:
        OperationalError, InterfaceError: the database does not answer.
    """
    sessions = _read_sessions(one.value for one in credentials if one.kind == "session")
    proofs = [_attempt(_proof_of, one, sessions) for one in credentials]
    users = _Users(proof.user_id for proof in proofs if isinstance(proof, tokens.Claims | _Login | _Named))
    return [
        proof if isinstance(proof, Exception) else _attempt(_judge, one, proof, users)
        for one, proof in zip(credentials, proofs, strict=True)
    ]


def users_of(credentials: Sequence[Credential]) -> list[User | Exception]:
    """Say what `identities_of` says, where a guest is nobody.

    Returns:
        What `Credential.user` returns or raises for each, in their order.
    """
    return [
        Unauthorized("expected credentials of a user of this site, got those of a guest")
        if isinstance(one, Guest)
        else one
        for one in identities_of(credentials)
    ]


#: Says whose a credential is now, together with others that are asked about at the same time.
user_of: Batch[Credential, User] = Batch(users_of)
identity_of: Batch[Credential, AnyUser] = Batch(identities_of)


def user_of_token(token: str, *, may_be_over: bool = False, known: tokens.Claims | None = None) -> User:
    """Return the active user that a token speaks for.

    Arguments:
        may_be_over, known: as for `tokens.verify`.
    Raises:
        TokenExpired, Unauthorized: the token is not valid, or its user is gone or disabled.
    """
    claims = tokens.verify(token, may_be_over=may_be_over, known=known)
    return _judge_token(claims, active_user(claims.user_id))


def active_user(user_id: int) -> User:
    """Return a user as the database has it now.

    Raises:
        Unauthorized: there is none, or it is disabled.
    """
    return _active(User.objects.filter(pk=user_id).first())


def user_of_session(session_key: str) -> User:
    """Return the active user who is logged in with a session.

    Unlike Channels' and Django's own it never writes: with a rotated SECRET_KEY those renew the session under a new
    key, which a socket cannot tell the browser, so that the browser would be logged out.

    Raises:
        Unauthorized: the session is unknown, over, or of before a change of password.
    """
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    login = _login(store.load() if _may_be_key(session_key) else {})
    return _judge_session(login, load_backend(login.backend_path).get_user(login.user_id))


def _attempt(function: Callable[..., T], *args: Any) -> T | Exception:
    """Return what a function returns or raises; but a database that does not answer fails everyone."""
    try:
        return function(*args)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        return error


def _read_sessions(keys: Iterable[str]) -> dict[str, str] | None:
    """Return the data of the sessions that are not over, by key; None where they are not in the database."""
    if import_module(settings.SESSION_ENGINE).SessionStore is not SessionStore:
        return None
    model = SessionStore.get_model_class()
    found: dict[str, str] = {}
    for part in _chunks(set(filter(_may_be_key, keys))):
        rows = model.objects.filter(session_key__in=part, expire_date__gt=timezone.now())
        found.update(rows.values_list("session_key", "session_data"))
    return found


def _may_be_key(session_key: str) -> bool:
    # Django takes what is shorter for no key at all (SessionBase); PostgreSQL refuses a NUL.
    return len(session_key) >= 8 and "\x00" not in session_key


class _Users:
    """Users as the database has them now.

    Arguments:
        ids: of the users; there need not be one of each.
    """

    def __init__(self, ids: Iterable[int]) -> None:
        self._found: dict[int, User] = {}
        self._given: set[int] = set()
        for part in _chunks({user_id for user_id in ids if 0 < user_id <= _MAX_ID}):
            self._found.update((user.pk, user) for user in User.objects.filter(pk__in=part))

    def take(self, user_id: int) -> User | None:
        """Return a user, each time another object: whoever gets it may change it."""
        user = self._found.get(user_id)
        if user is not None and user_id in self._given:
            return copy.copy(user)
        self._given.add(user_id)
        return user


def _chunks(values: set[Any]) -> Iterable[list[Any]]:
    every = list(values)
    return (every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK))


def _proof_of(credential: Credential, sessions: Mapping[str, str] | None) -> tokens.Claims | _Login | _Named | None:
    """Return what a credential says by itself; None where it has to be asked about alone."""
    if credential.kind in ("jwt", "guest"):
        return _Named(credential.value)
    if credential.kind == "token":
        return tokens.verify(credential.value, may_be_over=True, known=credential.claims)
    if sessions is None:
        return None
    data = sessions.get(credential.value)
    fallbacks = tuple(settings.SECRET_KEY_FALLBACKS)
    known = {} if data is None else _decode(data, settings.SECRET_KEY, fallbacks, settings.SESSION_SERIALIZER)
    login = _login(known)
    get_user = type(load_backend(login.backend_path)).get_user
    # A backend of the site's own may look for users anywhere.
    return login if get_user is ModelBackend.get_user else None


def _judge(credential: Credential, proof: tokens.Claims | _Login | _Named | None, users: _Users) -> AnyUser:
    if proof is None:
        return credential.user()
    user = users.take(proof.user_id)
    if isinstance(proof, _Named):
        return _judge_named(proof, user)
    if isinstance(proof, tokens.Claims):
        return _judge_token(proof, _active(user))
    backend: Any = load_backend(proof.backend_path)
    return _judge_session(proof, user if user is not None and backend.user_can_authenticate(user) else None)


def _judge_named(named: _Named, user: User | None) -> AnyUser:
    # A user who is disabled is never a guest instead.
    if user is None and (not named.id or conf.GUESTS):
        return Guest(named.id)
    return _active(user)


def _judge_token(claims: tokens.Claims, user: User) -> User:
    if not tokens.fits(claims, user):
        raise Unauthorized("expected a token of after the last change of password")
    return user


def _judge_session(login: _Login, user: object) -> User:
    if not isinstance(user, User) or not user.is_active:
        raise Unauthorized("expected a session of an active user")
    if not any(constant_time_compare(login.hash, valid) for valid in _session_hashes(user)):
        raise Unauthorized("expected a session of after the last change of password")
    return user


def _active(user: User | None) -> User:
    if user is None or not user.is_active:
        raise Unauthorized("expected credentials of an active user, got those of one who is gone or disabled")
    return user


def _login(session: Mapping[str, Any]) -> _Login:
    backend_path: str = session.get(BACKEND_SESSION_KEY, "")
    if SESSION_KEY not in session or backend_path not in settings.AUTHENTICATION_BACKENDS:
        raise Unauthorized("expected a session of a user who is logged in")
    user_id = User._meta.pk.to_python(session[SESSION_KEY])
    return _Login(backend_path, user_id, session.get(HASH_SESSION_KEY) or "")


@lru_cache(_REMEMBERED)
def _decode(data: str, *secrets: object) -> Mapping[str, Any]:
    """Return what a session's data says of who is logged in. It depends on the site's secrets, and on nothing else."""
    session = SessionStore().decode(data)
    names = (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY)
    return {name: session[name] for name in names if name in session}


def _session_hashes(user: User) -> Sequence[str]:
    if type(user) is not User:
        # A user of the site's own may make them of anything.
        return _hashes_of(user)
    return _hashes(user.password, settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))


@lru_cache(_REMEMBERED)
def _hashes(password: str, *secrets: object) -> Sequence[str]:
    return _hashes_of(User(password=password))


def _hashes_of(user: User) -> Sequence[str]:
    return [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
