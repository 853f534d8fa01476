"""The hub's own settings, with their types and defaults. `docs/reference/settings.md` lists them all."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

BASE_DIR = Path(__file__).resolve().parent.parent

#: A Unix socket's path has room for 107 bytes on Linux, 103 elsewhere.
_MAX_SOCKET_PATH = 100


def environment() -> str:
    """Return `HUBBUB_ENV`: `demo` (the default), `production` or `test`."""
    return os.environ.get("HUBBUB_ENV", "demo")


def var_dir() -> Path:
    """Return the directory of everything that the hub writes: `HUBBUB_VAR`, else `var/` beside `manage.py`."""
    return Path(os.environ.get("HUBBUB_VAR") or BASE_DIR / "var").resolve()


def private_redis_socket() -> Path:
    """Return the Unix socket of the private Redis that `manage.py hub` starts.

    It depends on `var_dir()` alone, so that every command finds a running one without being told.
    """
    path = var_dir() / "redis" / "redis.sock"
    if len(os.fsencode(path)) <= _MAX_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"hubbub-{os.getuid()}-{name}" / "redis.sock"


def redis_url() -> str:
    """Return `REDIS_URL`, else the address of the private Redis."""
    return os.environ.get("REDIS_URL") or f"unix://{private_redis_socket()}"


class _Conf:
    """Settings named `HUBBUB_<NAME>`: what Django's settings say, else the default given here.

    Read at the first use, and again once tests have changed something (`override_settings`): the engine reads some of
    them for each message.
    """

    #: Origins besides the site's own whose pages may open a socket with a session cookie, e.g. `https://app.example.com`.
    ALLOWED_ORIGINS: list[str] = []
    #: Patterns of origins whose pages may connect with a token, and with nothing else, e.g. `https://*.example.com`.
    TOKEN_ORIGINS: list[str] = []
    #: Proxies in front of the server that are believed about who the client is, as addresses or networks.
    TRUSTED_PROXIES: list[str] = []
    #: A key of the server API, beside those of the database; empty: there is none.
    API_KEY: str = ""
    #: Off for load tests only: no rate limit holds anyone back.
    LIMITS: bool = True
    #: Largest message a client may send, in bytes.
    MAX_MESSAGE_SIZE: int = 65_536
    #: Commands that one connection may send per second, in the long run.
    COMMAND_RATE: float = 20.0
    #: Commands that one connection may send at once.
    COMMAND_BURST: int = 60
    #: Streams that one session may read at a time.
    MAX_SUBSCRIPTIONS: int = 128
    #: Path of a function that is given what clients of sessions `send`: user, ClientInfo, data. Empty: none may.
    MESSAGE_HANDLER: str = ""
    #: Seconds between two pings of a session.
    PING_INTERVAL: float = 25.0
    #: Seconds in which the client of a session has to answer a ping.
    PONG_TIMEOUT: float = 10.0
    #: Wrong messages in a row after which a connection is closed.
    MAX_ERRORS: int = 10
    #: Events of each stream kept in the memory of a process, for readers who come back.
    RING_SIZE: int = 500
    #: Bytes that they may take together, for each stream.
    RING_BYTES: int = 1_048_576
    #: Bytes of events that may wait for one reader before it is parked and reads from the log instead.
    OUTBOX_LIMIT: int = 131_072
    #: Events read from the log at a time.
    PAGE_SIZE: int = 500
    #: Bytes read from the log at a time, for one reader or one gap.
    PAGE_BYTES: int = 131_072
    #: Bytes of such pages that a process keeps for other readers that are behind, of all streams together.
    PAGE_CACHE_BYTES: int = 16_777_216
    #: Largest data of one event, in bytes: more would not fit a message that every client takes.
    MAX_EVENT_SIZE: int = 524_288
    #: Seconds in which the sweep compares every followed stream with the log once.
    SWEEP_INTERVAL: float = 5.0
    #: Seconds a Redis command may take before it counts as failed.
    REDIS_TIMEOUT: float = 0.5
    #: Seconds during which nothing is announced after Redis failed, so that publishing is not slowed by it.
    REDIS_PAUSE: float = 1.0
    #: Bytes of event data that one announcement carries; beyond, readers fetch from the log.
    ANNOUNCEMENT_LIMIT: int = 131_072
    #: Threads of one process for database work.
    DATABASE_THREADS: int = 4
    #: Seconds a piece of database work may take before its asker is told that it failed.
    DATABASE_TIMEOUT: float = 15.0
    #: Prefix of everything on the channel layer; two deployments on one Redis need two.
    LAYER_PREFIX: str = "hubbub"
    #: Seconds after which a server process that gives no sign of life counts as dead; it gives three in that time.
    PRESENCE_TTL: float = 6.0
    #: Seconds that somebody may be away without being told to have left: a page that is loaded anew.
    PRESENCE_GRACE: float = 2.0
    #: Connections to a stream beyond which readers are told of the whole once a second, not of each who comes or goes.
    PRESENCE_LARGE: int = 50
    #: Seconds that a token issued by `GET /api/v1/token/` or `manage.py token` lives when nothing else is said.
    TOKEN_TTL: int = 3_600
    #: Secret that connection tokens of another backend are signed with (HS256, HS384, HS512).
    TOKEN_HMAC_SECRET_KEY: str = ""
    #: The secret of before, while it is being replaced.
    TOKEN_HMAC_PREVIOUS_SECRET_KEY: str = ""
    #: Unix time in seconds until which it is taken; 0: without an end.
    TOKEN_HMAC_PREVIOUS_SECRET_KEY_VALID_UNTIL: int = 0
    #: Public key in PEM of RSA signatures (RS256, RS384, RS512).
    TOKEN_RSA_PUBLIC_KEY: str = ""
    #: Public key in PEM of ECDSA signatures (ES256, ES384, ES512).
    TOKEN_ECDSA_PUBLIC_KEY: str = ""
    #: Address of a JSON Web Key Set with the public keys instead.
    TOKEN_JWKS_PUBLIC_ENDPOINT: str = ""
    #: What `aud` has to name.
    TOKEN_AUDIENCE: str = ""
    #: Regular expression that it has to match instead.
    TOKEN_AUDIENCE_REGEX: str = ""
    #: What `iss` has to be.
    TOKEN_ISSUER: str = ""
    #: Regular expression that it has to match instead.
    TOKEN_ISSUER_REGEX: str = ""
    #: The claim that names the user; `sub` where empty.
    TOKEN_USER_ID_CLAIM: str = ""
    #: Secret that subscription tokens of another backend are signed with (HS256, HS384, HS512).
    SUBSCRIPTION_TOKEN_HMAC_SECRET_KEY: str = ""
    #: The secret of before, while it is being replaced.
    SUBSCRIPTION_TOKEN_HMAC_PREVIOUS_SECRET_KEY: str = ""
    #: Unix time in seconds until which it is taken; 0: without an end.
    SUBSCRIPTION_TOKEN_HMAC_PREVIOUS_SECRET_KEY_VALID_UNTIL: int = 0
    #: Public key in PEM of RSA signatures (RS256, RS384, RS512).
    SUBSCRIPTION_TOKEN_RSA_PUBLIC_KEY: str = ""
    #: Public key in PEM of ECDSA signatures (ES256, ES384, ES512).
    SUBSCRIPTION_TOKEN_ECDSA_PUBLIC_KEY: str = ""
    #: Address of a JSON Web Key Set with the public keys instead.
    SUBSCRIPTION_TOKEN_JWKS_PUBLIC_ENDPOINT: str = ""
    #: What `aud` has to name.
    SUBSCRIPTION_TOKEN_AUDIENCE: str = ""
    #: Regular expression that it has to match instead.
    SUBSCRIPTION_TOKEN_AUDIENCE_REGEX: str = ""
    #: What `iss` has to be.
    SUBSCRIPTION_TOKEN_ISSUER: str = ""
    #: Regular expression that it has to match instead.
    SUBSCRIPTION_TOKEN_ISSUER_REGEX: str = ""
    #: The claim that names the user; `sub` where empty.
    SUBSCRIPTION_TOKEN_USER_ID_CLAIM: str = ""
    #: Whether a token that names nobody of the site lets a guest in.
    GUESTS: bool = False
    #: Whether a client without credentials is let in, as a guest without a name.
    ALLOW_ANONYMOUS: bool = False
    #: Whether a token that names nobody at all lets such a guest in.
    ANONYMOUS_TOKENS: bool = True
    #: Whether everybody may do everything with the streams of declared namespaces, without credentials too.
    INSECURE: bool = False
    #: Whether each client gets the stream `#<user id>` without asking.
    PERSONAL_CHANNEL: bool = False
    #: The namespace of that stream; empty for the one without a prefix.
    PERSONAL_CHANNEL_NAMESPACE: str = ""
    #: Path of a configuration of Centrifugo that some settings were read from; empty: there is none.
    CENTRIFUGO_CONFIG: str = ""
    #: Ways for clients of the Centrifugo protocol that are open.
    TRANSPORTS: list[str] = ["websocket", "http_stream", "sse", "uni_websocket", "uni_http_stream", "uni_sse"]
    #: Plain namespaces, each an object of options with its `name`.
    NAMESPACES: list[dict[str, object]] = []
    #: Times that a durable task is begun before it is moved aside.
    TASK_ATTEMPTS: int = 5
    #: Seconds until a durable task that failed is tried again; doubled with each further failure, up to five minutes.
    TASK_BACKOFF: float = 5.0
    #: Seconds until a durable task that was sent, and that no worker has begun, is sent again.
    TASK_RESEND: float = 10.0
    #: Seconds after which a worker that gives no sign of life has lost what it had begun; it gives three in that time.
    TASK_LEASE: float = 30.0
    #: Seconds that a task which was moved aside is kept.
    TASK_KEEP: int = 2_592_000
    #: Seconds in which a worker does something, while there is something to do.
    WORKER_PATIENCE: float = 60.0

    def __getattribute__(self, name: str) -> Any:
        try:
            return _read[name]
        except KeyError:
            default = super().__getattribute__(name)
            value = _read[name] = getattr(settings, f"HUBBUB_{name}", default)
            return value


_read: dict[str, Any] = {}


def _read_again(**kwargs: Any) -> None:
    _read.clear()


setting_changed.connect(_read_again, dispatch_uid="hub.conf")
conf = _Conf()
