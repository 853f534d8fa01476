"""Configurations of Centrifugo v6 as sites have them."""

from typing import Any

#: What `centrifugo genconfig` makes, with a key for each thing.
GENERATED: dict[str, Any] = {
    "client": {
        "token": {"hmac_secret_key": "bbe7d157-a253-4094-9759-06a8236543f9"},
        "allowed_origins": ["http://localhost:3000"],
    },
    "admin": {"enabled": True, "password": "d0683813", "secret": "0c6b1ffe"},
    "http_api": {"key": "d7627bb6-2292-4911-82e1-615c0ed3eebb"},
}

#: What a site in production has.
PRODUCTION: dict[str, Any] = {
    "http_server": {"port": "8000", "address": ""},
    "log": {"level": "info"},
    "health": {"enabled": True},
    "prometheus": {"enabled": True},
    "engine": {"type": "redis", "redis": {"address": ["redis://redis:6379"]}},
    "client": {
        "token": {
            "hmac_secret_key": "",
            "jwks_public_endpoint": "https://id.example.com/keys",
            "audience": "realtime",
            "issuer_regex": "^https://id\\.example\\.com",
            "user_id_claim": "uid",
        },
        "subscription_token": {"enabled": True, "hmac_secret_key": "another secret, of 32 bytes or more"},
        "allowed_origins": ["https://app.example.com", "https://*.example.com"],
        "subscribe_to_user_personal_channel": {"enabled": True, "personal_channel_namespace": "personal"},
        "allow_anonymous_connect_without_token": False,
        "disallow_anonymous_connection_tokens": True,
        "ping_interval": "20s",
        "pong_timeout": "5s",
        "channel_limit": 256,
        "queue_max_size": 2_097_152,
        "proxy": {"connect": {"enabled": False, "endpoint": ""}},
    },
    "websocket": {"message_size_limit": 131_072, "compression": True},
    "sse": {"enabled": True},
    "uni_http_stream": {"enabled": True},
    "channel": {
        "without_namespace": {"allow_user_limited_channels": True, "presence": True},
        "namespaces": [
            {
                "name": "news",
                "history_size": 100,
                "history_ttl": "24h",
                "force_recovery": True,
                "allow_subscribe_for_client": True,
                "allow_subscribe_for_anonymous": True,
                "subscribe_proxy_name": "default",
            },
            {"name": "personal", "join_leave": False, "allow_user_limited_channels": True},
            {
                "name": "docs",
                "history_size": 1,
                "history_ttl": "720h",
                "history_meta_ttl": "2160h",
                "force_recovery_mode": "cache",
                "allowed_delta_types": ["fossil"],
                "delta_publish": True,
                "channel_regex": "^[a-z0-9-]+$",
            },
        ],
    },
    "usage_stats": {"disabled": True},
}
