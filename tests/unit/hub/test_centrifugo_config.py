"""A configuration of Centrifugo: what it becomes, what means nothing here, and what is wrong."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from hub.centrifugo_config import CHANNEL_OPTIONS, duration, read_config, settings_of, translate
from hub.conf import _Conf
from hub.namespaces import NamespaceRegistry
from hub.namespaces.declared import declare, problems
from hub.namespaces.options import NAMES
from tests.unit.hub.centrifugo_configs import GENERATED, PRODUCTION

OPEN = ["websocket"]


def test_what_centrifugo_generates_is_taken_as_it_is() -> None:
    found = translate(GENERATED)
    assert found.settings == {
        "HUBBUB_GUESTS": True,
        "HUBBUB_TRANSPORTS": OPEN,
        "HUBBUB_TOKEN_HMAC_SECRET_KEY": "bbe7d157-a253-4094-9759-06a8236543f9",
        "HUBBUB_ALLOWED_ORIGINS": ["http://localhost:3000"],
        "HUBBUB_TOKEN_ORIGINS": [],
        "HUBBUB_API_KEY": "d7627bb6-2292-4911-82e1-615c0ed3eebb",
        "HUBBUB_NAMESPACES": [{"name": ""}],
    }
    assert found.wrong == []
    assert found.ignored == ["admin.enabled", "admin.password", "admin.secret"]


def test_what_a_site_in_production_has_is_taken_but_for_what_means_nothing_here() -> None:
    found = translate(PRODUCTION)
    namespaces = found.settings.pop("HUBBUB_NAMESPACES")
    assert found.settings == {
        "HUBBUB_GUESTS": True,
        "HUBBUB_TRANSPORTS": ["websocket", "sse", "uni_http_stream"],
        "HUBBUB_TOKEN_HMAC_SECRET_KEY": "",
        "HUBBUB_TOKEN_JWKS_PUBLIC_ENDPOINT": "https://id.example.com/keys",
        "HUBBUB_TOKEN_AUDIENCE": "realtime",
        "HUBBUB_TOKEN_ISSUER_REGEX": "^https://id\\.example\\.com",
        "HUBBUB_TOKEN_USER_ID_CLAIM": "uid",
        "HUBBUB_SUBSCRIPTION_TOKEN_HMAC_SECRET_KEY": "another secret, of 32 bytes or more",
        "HUBBUB_ALLOWED_ORIGINS": ["https://app.example.com"],
        "HUBBUB_TOKEN_ORIGINS": ["https://*.example.com"],
        "HUBBUB_PERSONAL_CHANNEL": True,
        "HUBBUB_PERSONAL_CHANNEL_NAMESPACE": "personal",
        "HUBBUB_ALLOW_ANONYMOUS": False,
        "HUBBUB_ANONYMOUS_TOKENS": False,
        "HUBBUB_PING_INTERVAL": 20,
        "HUBBUB_PONG_TIMEOUT": 5,
        "HUBBUB_MAX_SUBSCRIPTIONS": 256,
        "HUBBUB_MAX_MESSAGE_SIZE": 131_072,
    }
    assert [one["name"] for one in namespaces] == ["", "news", "personal", "docs"]
    assert found.wrong == []
    assert found.ignored == [
        "http_server.port",
        "log.level",
        "prometheus.enabled",
        "engine.type",
        "engine.redis.address",
        "client.queue_max_size",
        "websocket.compression",
        "channel.namespaces[2].history_meta_ttl",
        "channel.namespaces[2].delta_publish",
        "usage_stats.disabled",
    ]


def test_its_namespaces_are_declared_as_they_are_there() -> None:
    declared = translate(PRODUCTION).settings["HUBBUB_NAMESPACES"]
    assert list(problems(declared)) == []
    registry = NamespaceRegistry()
    declare(declared, registry)
    news, _ = registry.resolve("news:a")
    assert (news.history_size, news.history_ttl, news.recovers(False)) == (100, 86_400, True)
    docs, _ = registry.resolve("docs:a")
    assert (docs.force_recovery_mode, list(docs.allowed_delta_types)) == ("cache", ["fossil"])
    assert registry.resolve("dialog#1,2")[0].allow_user_limited_channels


def test_every_setting_that_comes_of_it_is_one_of_this_site() -> None:
    for config in (GENERATED, PRODUCTION):
        for name, value in translate(config).settings.items():
            assert isinstance(value, type(vars(_Conf)[name.removeprefix("HUBBUB_")])), name


def test_the_channel_options_are_those_of_namespaces() -> None:
    assert NAMES - {"history"} == CHANNEL_OPTIONS


def changed(path: str, value: Any) -> dict[str, Any]:
    config = deepcopy(PRODUCTION)
    place: dict[str, Any] = config
    *above, last = path.split(".")
    for name in above:
        place = place.setdefault(name, {})
    place[last] = value
    return config


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("client.token.hmac_secret_key", 7),
        ("client.token.hmac_previous_secret_key_valid_until", "soon"),
        ("client.insecure", "yes"),
        ("client.allowed_origins", "https://app.example.com"),
        ("client.allowed_origins", ["app.example.com"]),
        ("client.allow_anonymous_connect_without_token", 1),
        ("client.subscribe_to_user_personal_channel.enabled", "true"),
        ("client.ping_interval", 25),
        ("client.ping_interval", "0s"),
        ("client.pong_timeout", "8 seconds"),
        ("client.channel_limit", 0),
        ("http_api.key", ["a"]),
        ("http_api.disabled", "yes"),
        ("sse.enabled", "true"),
        ("websocket.disabled", 1),
        ("channel.namespaces", {"name": "news"}),
        ("channel.without_namespace", ["a"]),
    ],
)
def test_a_wrong_value_is_told_by_its_path(path: str, value: Any) -> None:
    assert [where for where, _ in translate(changed(path, value)).wrong] == [path]


@pytest.mark.parametrize("disabled", [False, True])
def test_a_server_api_that_the_file_closes_has_no_key_here(disabled: bool) -> None:
    found = translate({"http_api": {"key": "a-key-of-the-server-api", "disabled": disabled}})
    assert ("HUBBUB_API_KEY" in found.settings) is not disabled
    assert "http_api.disabled" not in found.ignored


def test_a_secret_of_a_wrong_type_is_not_shown() -> None:
    for path in ("client.token.hmac_secret_key", "http_api.key"):
        [(_, words)] = translate(changed(path, ["topsecret"])).wrong
        assert "list" in words and "topsecret" not in words


def test_a_namespace_that_is_wrong_is_told_by_its_place() -> None:
    wrong = translate(changed("channel.namespaces", [{"history_size": 5}, {"name": "a", "history_size": 5}])).wrong
    assert [where for where, _ in wrong] == ["channel.namespaces[0]", "channel.namespaces[1]"]


def test_keys_of_subscription_tokens_count_where_they_are_switched_on() -> None:
    found = translate(changed("client.subscription_token.enabled", False))
    assert not [name for name in found.settings if "SUBSCRIPTION_TOKEN" in name]


def test_the_transports_are_those_that_are_switched_on() -> None:
    config = changed("websocket.disabled", True)
    assert translate(config).settings["HUBBUB_TRANSPORTS"] == ["sse", "uni_http_stream"]


def test_a_configuration_of_before_v6_is_refused_rather_than_half_read() -> None:
    found = translate({"token_hmac_secret_key": "a", "namespaces": [{"name": "news"}]})
    assert found.settings == {}
    assert [where for where, _ in found.wrong] == ["namespaces"]


def test_a_variable_of_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(GENERATED))
    given = settings_of(str(file), {"HUBBUB_HTTP_API_KEY": "own", "HUBBUB_GUESTS": "off"})
    assert given.keys() == translate(GENERATED).settings.keys() - {"HUBBUB_API_KEY", "HUBBUB_GUESTS"}
    assert settings_of("", {}) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "client:\n  insecure: true", '"a"'])
def test_a_file_that_is_no_json_object_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(text)
    with pytest.raises(ImproperlyConfigured):
        read_config(str(file))
    with pytest.raises(ImproperlyConfigured, match="HUBBUB_CENTRIFUGO_CONFIG"):
        read_config(str(tmp_path / "none.json"))


@pytest.mark.parametrize(("text", "expected"), [("90s", 90), ("1h30m", 5_400), ("1.5h", 5_400), ("0", 0), ("5", None)])
def test_a_time_is_written_as_in_go(text: str, expected: float | None) -> None:
    assert duration(text) == expected
