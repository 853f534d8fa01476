"""Tokens: signed proofs (JSON Web Token, RFC 7519). The hub's own, and those that another backend of the site issues.

`hub.tokens.own` has the tokens that the hub itself gives to a user. All others are those of the Centrifugo protocol: of
a connection, which say who a client is, and of a subscription, which say what it may read.
"""

from hub.tokens.claims import ConnectionClaims, Grant, SubscriptionClaims
from hub.tokens.own import LEEWAY, Claims, fingerprint, fits, issue, verify
from hub.tokens.verifying import stream_of, verify_connection, verify_subscription

__all__ = [
    "LEEWAY",
    "Claims",
    "ConnectionClaims",
    "Grant",
    "SubscriptionClaims",
    "fingerprint",
    "fits",
    "issue",
    "stream_of",
    "verify",
    "verify_connection",
    "verify_subscription",
]
