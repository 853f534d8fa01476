"""Tokens of another backend: which are valid, what they say, and what is made of those that are wrong."""

import itertools
import json
import time
from contextlib import suppress
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from hub.core.errors import HubError, PermissionDenied, TokenExpired, Unauthorized
from hub.core.protocol import Disconnect
from hub.tokens import Grant, stream_of, verify_connection, verify_subscription
from hub.tokens.keys import KeySettings, problems
from tests.unit.hub.tokens_of_others import EC, OLD_SECRET, RSA, SECRET, base64_of, pem, signed


@pytest.fixture(autouse=True)
def _keys(settings: Settings) -> None:
    settings.HUBBUB_TOKEN_HMAC_SECRET_KEY = SECRET
    settings.HUBBUB_TOKEN_RSA_PUBLIC_KEY = pem(RSA)
    settings.HUBBUB_TOKEN_ECDSA_PUBLIC_KEY = pem(EC)


async def granted(token: str, user: str = "42", client: str = "c-1", stream: str = "news:today") -> Grant:
    return await verify_subscription(token, user=user, client=client, stream=stream)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        *((SECRET, f"HS{size}") for size in (256, 384, 512)),
        *((RSA, f"RS{size}") for size in (256, 384, 512)),
        (EC, "ES256"),
    ],
)
async def test_a_token_that_a_key_of_the_site_has_signed_is_valid(key: Any, algorithm: str) -> None:
    assert (await verify_connection(signed(key, algorithm))).user == "42"


@pytest.mark.parametrize(("curve", "algorithm"), [(ec.SECP384R1(), "ES384"), (ec.SECP521R1(), "ES512")])
async def test_longer_elliptic_curves_are_taken_too(
    curve: ec.EllipticCurve, algorithm: str, settings: Settings
) -> None:
    key = ec.generate_private_key(curve)
    settings.HUBBUB_TOKEN_ECDSA_PUBLIC_KEY = pem(key).replace("\n", "\\n")
    assert (await verify_connection(signed(key, algorithm))).user == "42"


def mangled(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b.c",
        "\ud800",
        signed(OLD_SECRET),
        mangled(signed()),
        mangled(signed(RSA, "RS256")),
        signed(None, "none"),
        # The public key as if it were the secret of an HMAC.
        jwt.PyJWS(["HS256"]).encode(b'{"sub":"42"}', pem(RSA).replace("-----", "").encode(), "HS256"),
        signed(ec.generate_private_key(ec.SECP256R1()), "ES256"),
        signed(RSA, "PS256"),
    ],
    # Tokens are made anew in each process, and the processes have to call the tests the same.
    ids=itertools.count(),
)
async def test_a_token_that_no_key_of_the_site_has_signed_is_refused(token: str) -> None:
    with pytest.raises(Unauthorized):
        await verify_connection(token)
    with pytest.raises(PermissionDenied):
        await granted(token)


async def test_a_site_without_keys_takes_no_token(settings: Settings) -> None:
    for name in ("HMAC_SECRET_KEY", "RSA_PUBLIC_KEY", "ECDSA_PUBLIC_KEY"):
        setattr(settings, f"HUBBUB_TOKEN_{name}", "")
    for token in (signed(), signed(RSA, "RS256"), signed(EC, "ES256")):
        with pytest.raises(Unauthorized):
            await verify_connection(token)


async def test_a_short_secret_is_taken_as_it_is(settings: Settings, recwarn: pytest.WarningsRecorder) -> None:
    settings.HUBBUB_TOKEN_HMAC_SECRET_KEY = "short"
    token = _signed_by_hand("short")
    assert (await verify_connection(token)).user == "42"
    assert not recwarn.list


def _signed_by_hand(secret: str) -> str:
    """Return a token without the warning that a library gives for a short secret."""
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        return signed(secret)


async def test_the_secret_of_before_is_taken_while_it_is_set(settings: Settings) -> None:
    settings.HUBBUB_TOKEN_HMAC_PREVIOUS_SECRET_KEY = OLD_SECRET
    assert (await verify_connection(signed(OLD_SECRET))).user == "42"
    assert (await verify_connection(signed(SECRET))).user == "42"
    settings.HUBBUB_TOKEN_HMAC_PREVIOUS_SECRET_KEY_VALID_UNTIL = int(time.time()) + 60
    assert (await verify_connection(signed(OLD_SECRET))).user == "42"
    settings.HUBBUB_TOKEN_HMAC_PREVIOUS_SECRET_KEY_VALID_UNTIL = int(time.time()) - 1
    with pytest.raises(Unauthorized):
        await verify_connection(signed(OLD_SECRET))


async def test_subscription_tokens_may_have_keys_of_their_own(settings: Settings) -> None:
    await granted(signed(channel="news:today"))
    settings.HUBBUB_SUBSCRIPTION_TOKEN_HMAC_SECRET_KEY = OLD_SECRET
    await granted(signed(OLD_SECRET, channel="news:today"))
    with pytest.raises(PermissionDenied):
        await granted(signed(channel="news:today"))
    with pytest.raises(Unauthorized):
        await verify_connection(signed(OLD_SECRET))


@pytest.mark.parametrize("claims", [{"exp": 1}, {"exp": int(time.time()) - 1}, {"nbf": int(time.time()) + 3_600}])
async def test_a_token_out_of_its_time_has_expired(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenExpired):
        await verify_connection(signed(**claims))
    with pytest.raises(TokenExpired):
        await granted(signed(channel="news:today", **claims))


async def test_a_clock_that_is_a_minute_behind_the_issuers_refuses_nobody() -> None:
    await verify_connection(signed(nbf=int(time.time()) + 60, iat=int(time.time()) + 60))


async def test_a_token_without_an_end_is_valid_for_ever() -> None:
    claims = await verify_connection(signed(exp=None, sub=None))
    assert (claims.user, claims.expires_at) == ("", None)


@pytest.mark.parametrize(("expire_at", "expected"), [(0, None), (2_000_000_000, 2e9), (None, 3e9)])
async def test_a_connection_ends_when_its_token_says_so_and_else_with_its_token(
    expire_at: int | None, expected: float | None
) -> None:
    claims = await verify_connection(signed(exp=3_000_000_000, expire_at=expire_at))
    assert claims.expires_at == expected
    grant = await granted(signed(exp=3_000_000_000, expire_at=expire_at, channel="news:today"))
    assert grant.expires_at == expected


@pytest.mark.parametrize("name", ["exp", "nbf", "expire_at"])
@pytest.mark.parametrize("value", ["soon", True, [1], {}, 1e300])
async def test_a_time_that_is_no_number_is_refused(name: str, value: Any) -> None:
    with pytest.raises(Unauthorized):
        await verify_connection(signed(**{name: value}))


async def test_a_connection_token_says_what_it_says() -> None:
    token = signed(
        sub="ann",
        info={"name": "Ann"},
        meta={"plan": 3},
        channels=["news:today"],
        subs={"room:7": {"info": [1], "b64data": base64_of('"hi"'), "override": {"presence": {"value": True}}}},
        jti="1",
    )
    claims = await verify_connection(token)
    assert (claims.user, claims.info, claims.meta) == ("ann", {"name": "Ann"}, {"plan": 3})
    assert claims.subscriptions == {"news:today": Grant(), "room:7": Grant([1], "hi", None, {"presence": True})}


async def test_info_may_come_in_base64() -> None:
    assert (await verify_connection(signed(b64info=base64_of('{"name":"Ann"}'), info="unused"))).info == {"name": "Ann"}


async def test_the_id_of_a_user_may_be_a_number_and_stand_in_another_claim(settings: Settings) -> None:
    assert (await verify_connection(signed(sub=7))).user == "7"
    settings.HUBBUB_TOKEN_USER_ID_CLAIM = "uid"
    assert (await verify_connection(signed(sub="1", uid="2"))).user == "2"


@pytest.mark.parametrize(
    "claims",
    [
        {"channel": "news:today"},
        {"sub": ["42"]},
        {"sub": True},
        {"channels": "news"},
        {"channels": [1]},
        {"subs": ["news"]},
        {"subs": {"news": 1}},
        {"subs": {"news": {"override": {"presence": True}}}},
        {"subs": {"news": {"override": {"presence": {"value": "yes"}}}}},
        {"b64info": "%%%"},
        {"b64info": base64_of("no json")},
        {"b64info": base64_of('1,"other":2')},
        {"b64info": 7},
    ],
)
async def test_a_connection_token_with_a_wrong_claim_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized):
        await verify_connection(signed(**claims))


async def test_claims_that_are_no_object_or_too_deep_are_refused() -> None:
    for payload in (b"[]", b"7", b"{", b'{"sub": NaN}', b'{"info":' + b"[" * 999 + b"]" * 999 + b"}", b"\xff"):
        with pytest.raises(Unauthorized):
            await verify_connection(jwt.PyJWS().encode(payload, SECRET, "HS256"))


@pytest.mark.parametrize(
    ("setting", "claims", "valid"),
    [
        ({"AUDIENCE": "hub"}, {"aud": "hub"}, True),
        ({"AUDIENCE": "hub"}, {"aud": ["web", "hub"]}, True),
        ({"AUDIENCE": "hub"}, {"aud": ["web"]}, False),
        ({"AUDIENCE": "hub"}, {}, False),
        ({"AUDIENCE": "hub"}, {"aud": 7}, False),
        ({"AUDIENCE_REGEX": "^hub-[0-9]+$"}, {"aud": "hub-7"}, True),
        ({"AUDIENCE_REGEX": "^hub-[0-9]+$"}, {"aud": "hub-x"}, False),
        ({"ISSUER": "shop"}, {"iss": "shop"}, True),
        ({"ISSUER": "shop"}, {"iss": "other"}, False),
        ({"ISSUER": "shop"}, {"iss": ["shop", {}]}, False),
        ({"ISSUER_REGEX": "^shop$"}, {}, False),
        ({"ISSUER_REGEX": "^shop$"}, {"iss": "shop"}, True),
        ({}, {"iss": "anybody", "aud": "anything"}, True),
    ],
)
async def test_a_token_has_to_be_by_the_issuer_and_for_the_audience_that_are_set(
    setting: dict[str, str], claims: dict[str, Any], valid: bool, settings: Settings
) -> None:
    for name, value in setting.items():
        setattr(settings, f"HUBBUB_TOKEN_{name}", value)
    if valid:
        await verify_connection(signed(**claims))
        return
    with pytest.raises(Unauthorized):
        await verify_connection(signed(**claims))


async def test_a_subscription_token_grants_what_it_says() -> None:
    override = {"join_leave": {"value": False}, "force_recovery": {"value": True}, "new": {"value": True}}
    token = signed(channel="news:today", client="c-1", info="i", data={"d": 1}, expire_at=0, override=override)
    assert await granted(token) == Grant("i", {"d": 1}, None, {"join_leave": False, "force_recovery": True})


@pytest.mark.parametrize("other", [{"user": "43"}, {"client": "c-2"}, {"stream": "news:other"}])
async def test_a_subscription_token_of_another_user_client_or_stream_ends_the_connection(other: dict[str, str]) -> None:
    with pytest.raises(Disconnect) as caught:
        await granted(signed(channel="news:today", client="c-1"), **other)
    assert caught.value.code == 3500


async def test_a_subscription_token_that_names_no_client_is_for_all_of_the_users() -> None:
    await granted(signed(channel="news:today"), client="c-2")


async def test_a_connection_token_grants_no_subscription() -> None:
    with pytest.raises(PermissionDenied):
        await granted(signed())


def test_the_stream_of_a_token_can_be_read_before_it_is_verified() -> None:
    assert stream_of(signed(OLD_SECRET, channel="news:today", exp=1)) == "news:today"
    for token in ("", "a.b.c", "\ud800", signed(), signed(channel=7)):
        assert stream_of(token) == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["sub", "exp", "nbf", "iat", "aud", "iss", "info", "b64info", "channels", "subs", "expire_at", "override"]


@given(st.dictionaries(st.sampled_from([*NAMES, "channel", "client", "data", "b64data", "meta"]), json_values))
async def test_no_claims_whatever_they_are_raise_anything_but_a_refusal(claims: dict[str, Any]) -> None:
    token = jwt.PyJWS().encode(json.dumps(claims).encode(), SECRET, "HS256")
    for verify in (verify_connection, granted):
        with suppress(HubError, Disconnect):
            await verify(token)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("rsa_public_key", "no key"),
        ("rsa_public_key", pem(EC)),
        ("ecdsa_public_key", pem(RSA)),
        ("hmac_secret_key", pem(RSA)),
        ("hmac_previous_secret_key", OLD_SECRET),
        ("jwks_public_endpoint", "file:///etc/passwd"),
        ("jwks_public_endpoint", "https://{{issuer}}/keys"),
        ("audience_regex", "("),
        ("issuer_regex", "["),
    ],
)
def test_a_key_that_is_none_is_told(option: str, value: Any) -> None:
    options: dict[str, Any] = {option: value}
    assert [name for name, _ in problems(KeySettings(**options))] == [option]


def test_an_audience_that_is_set_twice_is_told() -> None:
    assert [name for name, _ in problems(KeySettings(audience="a", audience_regex="b"))] == ["audience"]


def test_settings_that_are_right_have_no_problem() -> None:
    assert not list(problems(KeySettings(SECRET, OLD_SECRET, 0, pem(RSA), pem(EC), "https://example.com/keys")))


def test_settings_show_no_secret() -> None:
    shown = repr(KeySettings(SECRET, OLD_SECRET, issuer="us"))
    assert SECRET not in shown and OLD_SECRET not in shown and "issuer='us'" in shown
