"""Tokens as another backend of the site would sign them."""

import base64
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECRET = "a secret of the other backend, which is long enough for all three hashes of it: 64 bytes"
OLD_SECRET = "the secret that the other backend had before, which is long enough as well: 64 bytes more"
RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


def pem(key: Any) -> str:
    """Return the public half of a key."""
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def signed(key: Any = SECRET, algorithm: str = "HS256", headers: dict[str, str] | None = None, **claims: Any) -> str:
    """Return a token with these claims, valid for a minute where nothing else is said. None leaves a claim out."""
    claims = {"sub": "42", "exp": int(time.time()) + 86_400} | claims
    # Signed as text: what a library would refuse to sign, somebody else may.
    payload = json.dumps({name: value for name, value in claims.items() if value is not None}).encode()
    return jwt.PyJWS().encode(payload, key, algorithm, headers)


def base64_of(value: str) -> str:
    """Return a text in Base64."""
    return base64.b64encode(value.encode()).decode()
