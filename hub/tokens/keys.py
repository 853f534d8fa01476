"""The keys that tokens of the Centrifugo protocol are signed with: which there are, and whether one fits a token."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

import jwt
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, RSAAlgorithm

from hub.conf import conf
from hub.core.errors import Unauthorized

#: Bytes that a secret has to have (RFC 7518, 3.2).
HMAC_LENGTH = 32
#: Algorithms by the kind of key that they take (RFC 7518, 3.1; RFC 8037).
HMAC = ("HS256", "HS384", "HS512")
BY_KIND = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}


class _HMAC(HMACAlgorithm):
    """HMAC with a secret of any length: that one is short is said once, at the start (`hub.W002`)."""

    def check_key_length(self, key: bytes) -> str | None:
        """Find nothing wrong with it."""
        return None


_signatures = jwt.PyJWS()
for _name, _hash in zip(HMAC, (HMACAlgorithm.SHA256, HMACAlgorithm.SHA384, HMACAlgorithm.SHA512), strict=True):
    _signatures.unregister_algorithm(_name)
    _signatures.register_algorithm(_name, _HMAC(_hash))


@dataclass(frozen=True, slots=True)
class KeySettings:
    """What tokens of one kind are verified with: the settings `HUBBUB_TOKEN_…`, or `HUBBUB_SUBSCRIPTION_TOKEN_…`."""

    hmac_secret_key: str = field(default="", repr=False)
    hmac_previous_secret_key: str = field(default="", repr=False)
    #: Unix time in seconds until which the previous secret is taken; 0: without an end.
    hmac_previous_secret_key_valid_until: int = 0
    rsa_public_key: str = ""
    ecdsa_public_key: str = ""
    jwks_public_endpoint: str = ""
    audience: str = ""
    audience_regex: str = ""
    issuer: str = ""
    issuer_regex: str = ""
    user_id_claim: str = ""

    @property
    def any(self) -> bool:
        """Whether there is a key at all."""
        return any((self.hmac_secret_key, self.rsa_public_key, self.ecdsa_public_key, self.jwks_public_endpoint))

    def secrets(self) -> Iterator[str]:
        """Yield the secrets that tokens may be signed with now."""
        if self.hmac_secret_key:
            yield self.hmac_secret_key
        until = self.hmac_previous_secret_key_valid_until
        if self.hmac_previous_secret_key and (not until or time.time() < until):
            yield self.hmac_previous_secret_key


def connection_keys() -> KeySettings:
    """Return what connection tokens are verified with."""
    return _read("TOKEN")


def subscription_keys() -> KeySettings:
    """Return what subscription tokens are verified with: the same as connection tokens, where nothing else is set."""
    own = own_subscription_keys()
    return own if own.any else connection_keys()


def own_subscription_keys() -> KeySettings:
    """Return what is set for subscription tokens alone."""
    return _read("SUBSCRIPTION_TOKEN")


def verify_signature(token: str, algorithm: str, key: Any) -> bytes:
    """Return the claims of a token, as they were signed.

    Arguments:
        algorithm: what its header says, which has to be one that the key is for.
        key: a secret, or a public key.
    Raises:
        Unauthorized: the signature is wrong, or the token is malformed.
    """
    try:
        return bytes(_signatures.decode(token, key, algorithms=[algorithm]))
    except jwt.InvalidSignatureError:
        raise Unauthorized("expected a valid token, got one with a wrong signature") from None
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Unauthorized("expected a valid token, got one that is malformed") from error


@lru_cache(64)
def public_key(text: str, kind: str) -> Any:
    """Return the public key of a PEM text.

    Arguments:
        kind: `RSA` or `EC`.
    Raises:
        ValueError: it holds none of that kind.
    """
    kinds: dict[str, Any] = {"RSA": RSAAlgorithm(RSAAlgorithm.SHA256), "EC": ECAlgorithm(ECAlgorithm.SHA256)}
    # In an environment variable, a line's end is often written as two characters.
    pem = text.replace("\\n", "\n").strip()
    try:
        key = kinds[kind].prepare_key(pem)
    except Exception as error:
        raise ValueError(f"expected a public key ({kind}) in PEM, got: {error}") from error
    if hasattr(key, "private_bytes"):
        raise ValueError(f"expected a public key ({kind}), got a private one")
    return key


def problems(settings: KeySettings) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with settings: the name of each such option, and the words for it."""
    yield from _problems_of_keys(settings)
    for one in ("audience", "issuer"):
        pattern = getattr(settings, f"{one}_regex")
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"{one}_regex", f"expected a regular expression, got {pattern[:80]!r}: {error}"
        if pattern and getattr(settings, one):
            yield one, f"expected {one} or {one}_regex, got both"


def _problems_of_keys(settings: KeySettings) -> Iterator[tuple[str, str]]:
    for name, kind in (("rsa_public_key", "RSA"), ("ecdsa_public_key", "EC")):
        try:
            if text := getattr(settings, name):
                public_key(text, kind)
        except ValueError as error:
            yield name, str(error)
    for name in ("hmac_secret_key", "hmac_previous_secret_key"):
        try:
            if secret := getattr(settings, name):
                HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(secret)
        except jwt.InvalidKeyError:
            yield name, "expected a secret, got a public key or a certificate"
    if settings.hmac_previous_secret_key and not settings.hmac_secret_key:
        yield "hmac_previous_secret_key", "expected hmac_secret_key beside it, got none"
    endpoint = settings.jwks_public_endpoint
    if endpoint and (not re.match(r"https?://[^/]", endpoint) or "{{" in endpoint):
        yield "jwks_public_endpoint", f"expected an address with http: or https:, got {endpoint[:80]!r}"


def _read(prefix: str) -> KeySettings:
    return KeySettings(**{one.name: getattr(conf, f"{prefix}_{one.name.upper()}") for one in fields(KeySettings)})
