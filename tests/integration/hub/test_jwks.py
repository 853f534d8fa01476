"""Public keys that the issuer of tokens offers by HTTP: fetched when needed, kept, and asked for once."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from pytest_django import Settings

from hub.core.errors import InternalError, Unauthorized
from hub.tokens import jwks, verify_connection
from hub.tokens.jwks import KeySet
from tests.servers import wait_until
from tests.unit.hub.tokens_of_others import EC, ED, RSA, SECRET, signed

KEYS: dict[str, dict[str, Any]] = {
    "rsa": RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True),
    "ec": ECAlgorithm.to_jwk(EC.public_key(), as_dict=True),
    "ed": OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True),
}


class Issuer:
    """A server that answers with a key set; `answer` may be changed, and it counts how often it was asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked = 0
        self.status = 200
        self.answer = json.dumps({"keys": [key | {"kid": name} for name, key in KEYS.items()]}).encode()


@pytest.fixture
def issuer(settings: Settings) -> Iterator[Issuer]:
    """The issuer whose keys the site trusts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there.asked += 1
            self.send_response(there.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(there.answer)))
            self.end_headers()
            self.wfile.write(there.answer)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Issuer(f"http://127.0.0.1:{server.server_address[1]}/keys")
    settings.HUBBUB_TOKEN_JWKS_PUBLIC_ENDPOINT = there.address
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


TOKENS = {
    "rsa": signed(RSA, "RS256", {"kid": "rsa"}),
    "rsa of another algorithm": signed(RSA, "PS384", {"kid": "rsa"}),
    "ec": signed(EC, "ES256", {"kid": "ec"}),
    "ed": signed(ED, "EdDSA", {"kid": "ed"}),
}


@pytest.mark.parametrize("name", TOKENS)
async def test_a_token_that_a_key_of_the_set_has_signed_is_valid(issuer: Issuer, name: str) -> None:
    assert (await verify_connection(TOKENS[name])).user == "42"


async def test_however_many_tokens_come_at_once_the_keys_are_fetched_once(issuer: Issuer) -> None:
    found = await asyncio.gather(*(verify_connection(TOKENS["rsa"]) for _ in range(50)))
    assert len(found) == 50
    assert issuer.asked == 1
    await verify_connection(TOKENS["ec"])
    assert issuer.asked == 1


async def test_key_ids_that_a_client_makes_up_are_no_requests_to_the_issuer(issuer: Issuer) -> None:
    for number in range(20):
        with pytest.raises(Unauthorized):
            await verify_connection(signed(RSA, "RS256", {"kid": f"made up {number}"}))
    assert issuer.asked == 1


async def test_a_new_key_is_found_after_a_pause(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = KeySet(issuer.address)
    assert await keys.find("new") is None
    issuer.answer = json.dumps({"keys": [KEYS["rsa"] | {"kid": "new"}]}).encode()
    assert await keys.find("new") is None
    monkeypatch.setattr(jwks, "PAUSE", 0)
    assert await keys.find("new") is not None
    assert await keys.find("rsa") is None


async def test_a_set_of_one_key_needs_no_id(issuer: Issuer) -> None:
    issuer.answer = json.dumps({"keys": [KEYS["rsa"]]}).encode()
    assert (await verify_connection(signed(RSA, "RS256"))).user == "42"


async def test_a_key_signs_nothing_by_another_algorithm_than_its_own(issuer: Issuer) -> None:
    issuer.answer = json.dumps({"keys": [KEYS["rsa"] | {"kid": "rsa", "alg": "RS512"}]}).encode()
    await verify_connection(signed(RSA, "RS512", {"kid": "rsa"}))
    with pytest.raises(Unauthorized):
        await verify_connection(TOKENS["rsa"])


UNUSABLE = [
    {"kty": "oct", "kid": "rsa", "k": "c2VjcmV0"},
    KEYS["rsa"] | {"kid": "rsa", "use": "enc"},
    KEYS["rsa"] | {"kid": "rsa", "alg": "HS256"},
    {"kty": "RSA", "kid": "rsa"},
    {"kty": ["RSA"], "kid": "rsa"},
    "rsa",
]


@pytest.mark.parametrize("key", UNUSABLE)
async def test_a_key_that_is_not_for_signatures_is_passed_over(issuer: Issuer, key: Any) -> None:
    issuer.answer = json.dumps({"keys": [key, KEYS["ec"] | {"kid": "ec"}]}).encode()
    with pytest.raises(Unauthorized):
        await verify_connection(TOKENS["rsa"])
    await verify_connection(TOKENS["ec"])


@pytest.mark.parametrize(
    ("status", "answer"), [(500, b"{}"), (302, b""), (200, b"no json"), (200, b"[]"), (200, b"{}")]
)
async def test_without_keys_a_token_may_be_tried_again(issuer: Issuer, status: int, answer: bytes) -> None:
    issuer.status, issuer.answer = status, answer
    with pytest.raises(InternalError):
        await verify_connection(TOKENS["rsa"])
    assert issuer.asked == 1


async def test_keys_are_used_while_their_issuer_does_not_answer(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = KeySet(issuer.address)
    assert await keys.find("rsa") is not None
    issuer.status = 503
    monkeypatch.setattr(jwks, "PAUSE", 0)
    monkeypatch.setattr(jwks, "FRESH", 0)
    assert await keys.find("rsa") is not None
    await asyncio.to_thread(wait_until, lambda: issuer.asked == 2, "a request to the issuer")
    keys._fetched_at = time.monotonic() - jwks.KEPT - 1
    with pytest.raises(InternalError):
        await keys.find("rsa")


async def test_a_known_key_does_not_wait_for_an_issuer_that_hangs(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = KeySet(issuer.address)
    assert await keys.find("rsa") is not None
    answer = threading.Event()
    monkeypatch.setattr(jwks, "fetch", lambda address: answer.wait(60) and {})
    monkeypatch.setattr(jwks, "PAUSE", 0)
    monkeypatch.setattr(jwks, "FRESH", 0)
    try:
        assert await keys.find("rsa") is not None
        assert not answer.is_set()
        unknown = asyncio.create_task(keys.find("new"))
        await asyncio.sleep(0)
        assert not unknown.done()
    finally:
        answer.set()
    # What comes in the end counts: the key is gone.
    assert await unknown is None
    assert await keys.find("rsa") is None


async def test_a_secret_is_taken_beside_the_set(issuer: Issuer, settings: Settings) -> None:
    settings.HUBBUB_TOKEN_HMAC_SECRET_KEY = SECRET
    await verify_connection(signed())
    assert issuer.asked == 0
