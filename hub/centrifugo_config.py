"""Reading a configuration of Centrifugo v6, so that a site moves over with the file that it has."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured

#: Channel options that mean here what they mean there.
CHANNEL_OPTIONS = frozenset(
    [
        *("history_size", "history_ttl", "presence", "join_leave", "force_push_join_leave"),
        *("allow_positioning", "force_positioning", "allow_recovery", "force_recovery", "force_recovery_mode"),
        *("allowed_delta_types", "allow_user_limited_channels", "channel_regex"),
        *("allow_subscribe_for_client", "allow_subscribe_for_anonymous"),
        *(
            f"allow_{right}_for_{who}"
            for right in ("publish", "history", "presence")
            for who in ("subscriber", "client", "anonymous")
        ),
    ]
)
TRANSPORTS = ("websocket", "http_stream", "sse", "uni_websocket", "uni_http_stream", "uni_sse")
_KEYS = (
    *("hmac_secret_key", "hmac_previous_secret_key", "rsa_public_key", "ecdsa_public_key", "jwks_public_endpoint"),
    *("audience", "audience_regex", "issuer", "issuer_regex", "user_id_claim"),
)
_UNTIL = "hmac_previous_secret_key_valid_until"
#: Options that are objects, or lists of such.
_WHOLE = ("channel.without_namespace", "channel.namespaces")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+|0")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3_600.0}


class WrongValue(ValueError):
    """An option has a value that it cannot have."""


@dataclass(slots=True)
class Translation:
    """What a configuration says, in the words of this site."""

    #: Django settings by name.
    settings: dict[str, Any] = field(default_factory=dict)
    #: Options that mean nothing here, as `client.queue_max_size`.
    ignored: list[str] = field(default_factory=list)
    #: Options with a wrong value, and the words for it.
    wrong: list[tuple[str, str]] = field(default_factory=list)


class _Rule(NamedTuple):
    setting: str
    read: Callable[[Any], Any]


def read_config(path: str) -> Mapping[str, Any]:
    """Return what a configuration file holds.

    Raises:
        ImproperlyConfigured: it cannot be read, or is no JSON object.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ImproperlyConfigured(f"expected HUBBUB_CENTRIFUGO_CONFIG to name a file of JSON, got: {error}") from error
    if not isinstance(found, dict):
        raise ImproperlyConfigured(f"expected {path} to hold a JSON object, got something else")
    return found


def settings_of(path: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that a configuration file gives; those that the environment names go before it.

    Arguments:
        path: of the file; empty: there is none, and nothing is given.
    Raises:
        ImproperlyConfigured: the file cannot be read. (Wrong values in it are found by `hub.E005`.)
    """
    given = translate(read_config(path)).settings if path else {}
    variables = {"HUBBUB_API_KEY": "HUBBUB_HTTP_API_KEY"}
    return {name: value for name, value in given.items() if variables.get(name, name) not in environment}


def translate(config: Mapping[str, Any]) -> Translation:
    """Say in settings what a configuration of Centrifugo v6 says."""
    found = Translation()
    if old := sorted(name for name in config if name in ("token_hmac_secret_key", "namespaces", "api_key")):
        found.wrong.append((old[0], "this is an option of Centrifugo before v6: convert the file first"))
        return found
    # There a user is whoever a token names.
    found.settings["HUBBUB_GUESTS"] = True
    found.settings["HUBBUB_TRANSPORTS"] = _transports(config, found)
    for path, value in _leaves(config):
        _take(path, value, found)
    if _is_api_closed(config, found):
        found.settings.pop("HUBBUB_API_KEY", None)
    declared = found.settings.setdefault("HUBBUB_NAMESPACES", [])
    if not any(entry["name"] == "" for entry in declared):
        # Streams without a namespace are there always.
        declared.append({"name": ""})
    return found


def _is_api_closed(config: Mapping[str, Any], found: Translation) -> bool:
    """Say whether the file closes the server API: then its key opens nothing here either."""
    options = config.get("http_api")
    value = options.get("disabled", False) if isinstance(options, dict) else False
    try:
        return _switch(value)
    except WrongValue as error:
        found.wrong.append(("http_api.disabled", str(error)))
        return True


def _take(path: str, value: Any, found: Translation) -> None:
    rule = _RULES.get(path)
    try:
        if rule is not None:
            found.settings[rule.setting] = rule.read(value)
        elif path == "client.allowed_origins":
            found.settings |= _origins(value)
        elif path == "channel.namespaces":
            found.settings.setdefault("HUBBUB_NAMESPACES", []).extend(_namespaces(value, found))
        elif path == "channel.without_namespace":
            found.settings.setdefault("HUBBUB_NAMESPACES", []).append(_namespace(value, path, "", found))
        elif path not in _SWITCHES and value not in (False, 0, "", None, [], {}):
            found.ignored.append(path)
    except WrongValue as error:
        found.wrong.append((path, str(error)))


def _leaves(config: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the options with their paths."""
    # Keys of subscription tokens count where they are switched on.
    for name, value in config.items():
        path = f"{above}{name}"
        if path == "client.subscription_token" and isinstance(value, dict) and value.get("enabled") is not True:
            continue
        if isinstance(value, dict) and value and path not in _WHOLE:
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value


def _transports(config: Mapping[str, Any], found: Translation) -> list[str]:
    switched_on = []
    for name in TRANSPORTS:
        given = config.get(name)
        options: Mapping[str, Any] = given if isinstance(given, dict) else {}
        switch, usual = ("disabled", False) if name == "websocket" else ("enabled", False)
        value = options.get(switch, usual)
        if not isinstance(value, bool):
            found.wrong.append((f"{name}.{switch}", f"expected true or false, got {value!r:.80}"))
        if value is (name != "websocket"):
            switched_on.append(name)
    return switched_on


def _namespaces(value: Any, found: Translation) -> Iterator[dict[str, Any]]:
    if not isinstance(value, list):
        raise WrongValue(f"expected a list of objects, got {value!r:.80}")
    for place, entry in enumerate(value):
        path = f"channel.namespaces[{place}]"
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name:
            found.wrong.append((path, f"expected an object with a name, got {entry!r:.80}"))
            continue
        options = {option: one for option, one in entry.items() if option != "name"}
        yield _namespace(options, path, name, found)


def _namespace(options: Any, path: str, name: str, found: Translation) -> dict[str, Any]:
    """Return the declaration of a namespace. Whether its values are right is looked at with it (`hub.E004`)."""
    if not isinstance(options, dict):
        raise WrongValue(f"expected an object of options, got {options!r:.80}")
    for option, value in options.items():
        if option not in CHANNEL_OPTIONS and value not in (False, 0, "", None, [], {}, "default"):
            found.ignored.append(f"{path}.{option}")
    if bool(options.get("history_size")) is not bool(options.get("history_ttl")):
        found.wrong.append((path, "expected history_size and history_ttl, or none of them, got one"))
    known = {option: value for option, value in options.items() if option in CHANNEL_OPTIONS and value is not None}
    return {"name": name, **known}


def _origins(value: Any) -> dict[str, list[str]]:
    """Tell origins from patterns of such: a cookie is worth nothing on a page of which no more is known."""
    origins = _texts(value)
    exact = [one for one in origins if "*" not in one and "?" not in one]
    if wrong := [one for one in exact if "://" not in one]:
        raise WrongValue(f"expected origins like 'https://app.example.com', got {wrong[0]!r:.80}")
    return {
        "HUBBUB_ALLOWED_ORIGINS": exact,
        "HUBBUB_TOKEN_ORIGINS": [one for one in origins if one not in exact],
    }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        # Not what it is: most of these are secrets.
        raise WrongValue(f"expected a text, got a value of type {type(value).__name__}")
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise WrongValue(f"expected a list of texts, got {value!r:.80}")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongValue(f"expected true or false, got {value!r:.80}")
    return value


def _size(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise WrongValue(f"expected a whole number, 0 or more, got {value!r:.80}")
    return value


def _count(value: Any) -> int:
    if (count := _size(value)) == 0:
        raise WrongValue("expected a whole number, 1 or more, got 0")
    return count


def _time(value: Any) -> float:
    seconds = duration(value)
    if seconds is None or seconds <= 0:
        raise WrongValue(f"expected a time like '25s', more than 0, got {value!r:.80}")
    return seconds


def duration(value: Any) -> float | None:
    """Return the seconds of a text like `1h30m` or `500ms`, as Go writes it; None where it is something else."""
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))


_PERSONAL = "client.subscribe_to_user_personal_channel"
_RULES: dict[str, _Rule] = {
    **{
        f"client.{group}.{key}": _Rule(f"HUBBUB_{group.upper()}_{key.upper()}", _size if key == _UNTIL else _text)
        for group in ("token", "subscription_token")
        for key in (*_KEYS, _UNTIL)
    },
    "client.insecure": _Rule("HUBBUB_INSECURE", _switch),
    "client.allow_anonymous_connect_without_token": _Rule("HUBBUB_ALLOW_ANONYMOUS", _switch),
    "client.disallow_anonymous_connection_tokens": _Rule("HUBBUB_ANONYMOUS_TOKENS", lambda value: not _switch(value)),
    f"{_PERSONAL}.enabled": _Rule("HUBBUB_PERSONAL_CHANNEL", _switch),
    f"{_PERSONAL}.personal_channel_namespace": _Rule("HUBBUB_PERSONAL_CHANNEL_NAMESPACE", _text),
    "client.ping_interval": _Rule("HUBBUB_PING_INTERVAL", _time),
    "client.pong_timeout": _Rule("HUBBUB_PONG_TIMEOUT", _time),
    "client.channel_limit": _Rule("HUBBUB_MAX_SUBSCRIPTIONS", _count),
    "websocket.message_size_limit": _Rule("HUBBUB_MAX_MESSAGE_SIZE", _count),
    "http_api.key": _Rule("HUBBUB_API_KEY", _text),
}
#: Options that are read together with others; and what is always so here.
_SWITCHES = frozenset(
    [
        "websocket.disabled",
        "client.subscription_token.enabled",
        "http_api.disabled",
        *(f"{name}.enabled" for name in (*TRANSPORTS, "emulation", "health")),
    ]
)
