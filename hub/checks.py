"""System checks: settings under which the hub would lose something, or let someone in, stop the start."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from hub.centrifugo_config import TRANSPORTS, read_config, translate
from hub.conf import conf
from hub.namespaces import namespaces
from hub.namespaces.declared import DeclaredNamespace
from hub.namespaces.declared import problems as namespace_problems
from hub.tokens.keys import HMAC_LENGTH, KeySettings, connection_keys, own_subscription_keys, problems

logger = logging.getLogger(__name__)

#: Tag of the checks that have to pass before anything is served: these, and those of applications that have it too.
AT_START = "hubbub"


def check_before_start() -> None:
    """Run the checks that are tagged so: no ASGI server asks Django for any. What they warn of is logged.

    Raises:
        ImproperlyConfigured: one has found an error, that is not silenced (`SILENCED_SYSTEM_CHECKS`).
    """
    found = [message for message in run_checks(tags=[AT_START]) if not message.is_silenced()]
    if wrong := [message for message in found if message.is_serious()]:
        raise ImproperlyConfigured("; ".join(map(_words, wrong)))
    for message in found:
        logger.warning("%s", _words(message), extra={"action": "settings_doubtful"})


def _words(message: CheckMessage) -> str:
    return " ".join(f"{message.msg}{f' ({message.hint})' if message.hint else ''} [{message.id}]".split())


@register(AT_START)
def check_channel_layer(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Announcements are written in the bytes of one layer: another would carry none of them."""
    backend = settings.CHANNEL_LAYERS.get("default", {}).get("BACKEND", "")
    try:
        if backend and issubclass(import_string(backend), RedisPubSubChannelLayer):
            return []
    except ImportError:
        # A name that is misspelt is told like any other wrong one.
        pass
    return [
        Error(
            "the default channel layer must be channels_redis.pubsub.RedisPubSubChannelLayer",
            hint=f"CHANNEL_LAYERS['default']['BACKEND'] is {backend!r}",
            id="hub.E001",
        )
    ]


@register(AT_START, Tags.database)
def check_sqlite_transactions(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A deferred SQLite transaction that reads before it writes fails under load instead of waiting."""
    database = settings.DATABASES["default"]
    if "sqlite3" not in database["ENGINE"] or database.get("OPTIONS", {}).get("transaction_mode") == "IMMEDIATE":
        return []
    return [Error("SQLite needs OPTIONS['transaction_mode'] = 'IMMEDIATE'", id="hub.E002")]


@register(AT_START)
def check_atomic_requests(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """With ATOMIC_REQUESTS a stream's lock is held until the response is made: one post at a time in a room."""
    if not settings.DATABASES["default"].get("ATOMIC_REQUESTS"):
        return []
    return [Warning("ATOMIC_REQUESTS holds each stream's lock for a whole request", id="hub.W001")]


@register(AT_START)
def check_token_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A key that is none would refuse every token, one after the other, and say so nowhere."""
    return [
        message
        for prefix, keys in (
            ("HUBBUB_TOKEN", connection_keys()),
            ("HUBBUB_SUBSCRIPTION_TOKEN", own_subscription_keys()),
        )
        for message in _key_messages(prefix, keys)
    ]


def _key_messages(prefix: str, keys: KeySettings) -> list[CheckMessage]:
    messages: list[CheckMessage] = [
        Error(f"{prefix}_{name.upper()}: {words}", id="hub.E003") for name, words in problems(keys)
    ]
    if 0 < len(keys.hmac_secret_key.encode()) < HMAC_LENGTH:
        words = f"{prefix}_HMAC_SECRET_KEY is shorter than {HMAC_LENGTH} bytes: it can be guessed from one token"
        messages.append(Warning(words, id="hub.W002"))
    return messages


@register(AT_START)
def check_declared_namespaces(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A misspelt option would leave a namespace as open, or as closed, as nobody meant it."""
    declared: Any = conf.NAMESPACES
    wrong = [*namespace_problems(declared)] or [*_taken(declared)]
    return [Error(f"HUBBUB_NAMESPACES, {where}: {words}", id="hub.E004") for where, words in wrong]


def _taken(declared: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for entry in declared:
        name = str(entry.get("name", ""))
        owner = namespaces.find(name, ":" if name else "")
        if not isinstance(owner, DeclaredNamespace | None):
            yield name, f"these streams belong to {type(owner).__name__} already"


@register(AT_START)
def check_insecure(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What is meant for trying things out must not be forgotten."""
    if not conf.INSECURE:
        return []
    return [Warning("HUBBUB_INSECURE lets everybody do everything on declared namespaces", id="hub.W003")]


@register(AT_START)
def check_centrifugo_config(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What a configuration of Centrifugo says, and is not done here, must be known to whoever moves over."""
    if not conf.CENTRIFUGO_CONFIG:
        return []
    found = translate(read_config(conf.CENTRIFUGO_CONFIG))
    wrong: list[CheckMessage] = [
        Error(f"{conf.CENTRIFUGO_CONFIG}, {path}: {words}", id="hub.E005") for path, words in found.wrong
    ]
    ignored = [
        Warning(f"{conf.CENTRIFUGO_CONFIG}, {path}: this option means nothing here", id="hub.W004")
        for path in found.ignored
    ]
    return [*wrong, *ignored]


@register(AT_START)
def check_transports(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A misspelt name would leave a way closed that was meant to be open."""
    unknown = [name for name in conf.TRANSPORTS if name not in TRANSPORTS]
    return [
        Error(f"HUBBUB_TRANSPORTS: expected some of {', '.join(TRANSPORTS)}, got {name!r:.40}", id="hub.E006")
        for name in unknown
    ]
