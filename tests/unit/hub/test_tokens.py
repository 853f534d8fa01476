"""Tokens: who can make one, and what is made of one that is wrong."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from hub import tokens
from hub.core.errors import HubError, TokenExpired, Unauthorized
from hub.tokens import LEEWAY, Claims, fingerprint, issue, verify

HOUR = timedelta(hours=1)
ANN = User(pk=42, username="ann", password="hash-1")

MALFORMED = "^expected a valid token, got one that is malformed$"
WRONG_SIGNATURE = "^expected a valid token, got one with a wrong signature$"


def key_of(secret: str) -> bytes:
    """Return the key that signs tokens where SECRET_KEY is `secret`."""
    return hashlib.sha256(b"hubbub.tokens:" + secret.encode()).digest()


def segment(value: Any) -> str:
    """Return a part of a token, as RFC 7515 writes it."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture(autouse=True)
def _secret(settings: Settings) -> None:
    settings.SECRET_KEY = "current"
    settings.SECRET_KEY_FALLBACKS = []


@pytest.fixture
def signed() -> Callable[..., str]:
    """Make a token with our own key: valid, but for what is changed. A claim that is None is left out."""

    def sign(*, secret: str = "current", algorithm: str = "HS256", **changes: Any) -> str:
        now = datetime.now(UTC)
        claims = {"sub": "42", "iat": now, "exp": now + HOUR, "fp": "x"} | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key_of(secret), algorithm)

    return sign


def test_what_a_token_said_before_is_taken_as_long_as_the_secrets_are_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issue(ANN, HOUR)
    known = verify(token)
    with monkeypatch.context() as patched:
        patched.setattr("hub.tokens.own._read", lambda token, secrets: pytest.fail("it was read anew"))
        assert verify(token, known=known) is known
    settings.SECRET_KEY = "another"
    with pytest.raises(Unauthorized, match=WRONG_SIGNATURE):
        verify(token, known=known)
    settings.SECRET_KEY_FALLBACKS = ["current"]
    assert verify(token, known=known) == known


def test_what_a_token_said_before_does_not_make_it_valid_for_longer(signed: Callable[..., str]) -> None:
    token = signed(exp=datetime.now(UTC) - LEEWAY * timedelta(seconds=1) - HOUR)
    known = verify(token, may_be_over=True)
    with pytest.raises(TokenExpired):
        verify(token, known=known)


def test_a_token_says_who_its_bearer_is_and_how_long() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    claims = verify(issue(ANN, HOUR))
    assert claims == Claims(42, claims.expires_at, fingerprint(ANN))
    assert before + HOUR <= claims.expires_at <= datetime.now(UTC) + HOUR


def test_another_password_has_another_fingerprint_and_says_nothing_of_itself() -> None:
    changed = User(pk=42, username="ann", password="hash-2")
    assert fingerprint(ANN) != fingerprint(changed)
    assert len(fingerprint(ANN)) == 16
    assert ANN.password not in issue(ANN, HOUR)


@pytest.mark.parametrize("ttl", [timedelta(0), timedelta(seconds=-1)])
def test_a_token_that_would_never_be_valid_is_not_issued(ttl: timedelta) -> None:
    with pytest.raises(ValueError, match=r"^expected a token to live for more than 0 seconds, got (0|-1)$"):
        issue(ANN, ttl)


def test_an_expired_token_is_told_apart_from_a_wrong_one(signed: Callable[..., str]) -> None:
    ago = datetime.now(UTC) - timedelta(seconds=LEEWAY + 1)
    with pytest.raises(TokenExpired, match=r"^token expired$"):
        verify(signed(exp=ago))


def test_clocks_may_differ_a_little(signed: Callable[..., str]) -> None:
    now = datetime.now(UTC)
    assert verify(signed(exp=now - timedelta(seconds=LEEWAY - 2))).user_id == 42


@pytest.mark.parametrize("ahead", [timedelta(seconds=90), HOUR])
def test_a_token_whose_issuer_is_ahead_is_valid(ahead: timedelta, signed: Callable[..., str]) -> None:
    now = datetime.now(UTC)
    assert verify(signed(iat=now + ahead, exp=now + ahead + HOUR)).user_id == 42


def test_whoever_measures_the_time_otherwise_takes_a_token_that_is_over(signed: Callable[..., str]) -> None:
    ago = datetime.now(UTC) - HOUR
    assert verify(signed(exp=ago), may_be_over=True).user_id == 42
    with pytest.raises(Unauthorized, match=WRONG_SIGNATURE):
        verify(signed(exp=ago, secret="of somebody else"), may_be_over=True)


def test_a_token_with_another_signature_is_refused(signed: Callable[..., str]) -> None:
    with pytest.raises(Unauthorized, match=WRONG_SIGNATURE):
        verify(signed(secret="of somebody else"))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_that_was_changed_anywhere_is_refused(part: int, signed: Callable[..., str]) -> None:
    parts, (_, payload, signature) = signed().split("."), signed(sub="1").split(".")
    parts[part] = (segment({"alg": "HS256", "typ": "jwt"}), payload, signature)[part]
    with pytest.raises(Unauthorized, match=WRONG_SIGNATURE):
        verify(".".join(parts))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "HS384", "HS512", "RS256", ["HS256"], {}, 1])
def test_no_other_algorithm_is_accepted(algorithm: Any, signed: Callable[..., str]) -> None:
    _, payload, signature = signed().split(".")
    for sign in ("", signature):
        with pytest.raises(Unauthorized, match=MALFORMED):
            verify(f"{segment({'alg': algorithm, 'typ': 'JWT'})}.{payload}.{sign}")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_token_signed_rightly_by_another_algorithm_is_refused(algorithm: str, signed: Callable[..., str]) -> None:
    with pytest.raises(Unauthorized, match=MALFORMED):
        verify(signed(algorithm=algorithm))


def test_what_signs_cookies_does_not_sign_tokens() -> None:
    claims = {"sub": "1", "iat": datetime.now(UTC), "exp": datetime.now(UTC) + HOUR, "fp": "x"}
    with pytest.raises(Unauthorized, match=WRONG_SIGNATURE):
        verify(jwt.encode(claims, "current".ljust(32, "\0"), "HS256"))


@pytest.mark.parametrize("claim", ["sub", "iat", "exp", "fp"])
def test_a_token_that_says_too_little_is_refused(claim: str, signed: Callable[..., str]) -> None:
    with pytest.raises(Unauthorized, match=MALFORMED):
        verify(signed(**{claim: None}))


@pytest.mark.parametrize(
    "change",
    [{"sub": "ann"}, {"sub": ""}, {"sub": "4.2"}, {"exp": "soon"}, {"exp": []}, {"exp": 10**12}, {"iat": "once"}],
)
def test_a_token_with_a_claim_of_the_wrong_kind_is_refused(change: dict[str, Any], signed: Callable[..., str]) -> None:
    with pytest.raises(Unauthorized, match=MALFORMED):
        verify(signed(**change))


@pytest.mark.parametrize("token", ["", ".", "..", "...", "a.b", "a.b.c", "é.é.é", "\ud800", "\x00", "a" * 100_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthorized, match=MALFORMED):
        verify(token)


def test_a_token_nested_without_end_is_refused(signed: Callable[..., str]) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 50_001).rstrip(b"=").decode()
    header, payload, signature = signed().split(".")
    for token in (f"{deep}.{payload}.{signature}", f"{header}.{deep}.{signature}"):
        with pytest.raises(Unauthorized):
            verify(token)


@given(st.text(st.characters()) | st.lists(st.builds(segment, st.dictionaries(st.text(), st.text()))).map(".".join))
def test_any_text_is_refused_with_an_error_a_client_may_read(text: str) -> None:
    with pytest.raises(HubError):
        verify(text)


def test_a_token_outlives_the_rotation_of_the_secret_key(settings: Settings) -> None:
    token = issue(ANN, HOUR)
    settings.SECRET_KEY = "next"
    settings.SECRET_KEY_FALLBACKS = ["unused", "current"]
    assert verify(token).user_id == 42
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unauthorized, match=WRONG_SIGNATURE):
        verify(token)


def test_new_tokens_are_signed_with_the_new_secret_key(settings: Settings) -> None:
    settings.SECRET_KEY = "next"
    settings.SECRET_KEY_FALLBACKS = ["current"]
    token = issue(ANN, HOUR)
    settings.SECRET_KEY_FALLBACKS = []
    assert verify(token).user_id == 42


def test_a_token_of_a_former_secret_key_expires_too(settings: Settings, signed: Callable[..., str]) -> None:
    token = signed(exp=datetime.now(UTC) - HOUR)
    settings.SECRET_KEY = "next"
    settings.SECRET_KEY_FALLBACKS = ["current"]
    with pytest.raises(TokenExpired):
        verify(token)


def test_the_wire_form_is_a_jwt_that_others_read() -> None:
    header, payload, _ = issue(ANN, HOUR).split(".")
    read = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, payload)]
    assert read[0] == {"alg": tokens.own.ALGORITHM, "typ": "JWT"}
    assert sorted(read[1]) == ["exp", "fp", "iat", "sub"]
    assert read[1]["sub"] == "42"
    assert read[1]["exp"] - read[1]["iat"] == 3_600
