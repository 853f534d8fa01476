"""The system checks: each setting that would lose something stops the start, in words that say which."""

import json
import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

from hub.checks import check_before_start
from hub.conf import BASE_DIR
from hub.supervisor.checks import check_settings
from hub.supervisor.refusal import ExitCode, StartRefused
from tests.unit.hub.centrifugo_configs import PRODUCTION


def found() -> list[str]:
    """Return what `manage.py check` finds of ours."""
    return [str(message.id) for message in run_checks() if str(message.id).startswith("hub.")]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings of the database, to be changed by the test."""
    changed: dict[str, Any] = deepcopy(django_settings.DATABASES["default"])
    monkeypatch.setitem(django_settings.DATABASES, "default", changed)
    return changed


def test_the_settings_as_they_are_have_nothing_wrong_with_them() -> None:
    assert found() == []


@pytest.mark.parametrize(
    "layers",
    [
        {},
        {"default": {}},
        {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
        {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer"}},
        {"default": {"BACKEND": "channels_redis.pubsub.NoSuchLayer"}},
        {"default": {"BACKEND": "no.such.module.Layer"}},
        {"other": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}},
    ],
)
def test_a_channel_layer_that_carries_no_announcements_is_refused(
    monkeypatch: pytest.MonkeyPatch, layers: dict[str, Any]
) -> None:
    monkeypatch.setattr(django_settings, "CHANNEL_LAYERS", layers)
    assert found() == ["hub.E001"]
    with pytest.raises(SystemCheckError, match=r"channels_redis\.pubsub\.RedisPubSubChannelLayer"):
        call_command("check")


@pytest.mark.parametrize("options", [{}, {"transaction_mode": "DEFERRED"}])
def test_deferred_transactions_of_sqlite_are_refused(database: dict[str, Any], options: dict[str, str]) -> None:
    database |= {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": options}
    assert found() == ["hub.E002"]
    with pytest.raises(SystemCheckError, match="transaction_mode"):
        call_command("check")


def test_another_database_needs_no_transaction_mode(database: dict[str, Any]) -> None:
    database |= {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {}}
    assert found() == []


def test_a_lock_held_for_a_whole_request_is_warned_of(database: dict[str, Any]) -> None:
    database["ATOMIC_REQUESTS"] = True
    assert found() == ["hub.W001"]


def test_a_key_of_tokens_that_is_none_is_refused(settings: Settings) -> None:
    settings.HUBBUB_TOKEN_RSA_PUBLIC_KEY = "no key"
    settings.HUBBUB_SUBSCRIPTION_TOKEN_ISSUER_REGEX = "("
    assert found() == ["hub.E003", "hub.E003"]
    with pytest.raises(SystemCheckError, match=r"HUBBUB_SUBSCRIPTION_TOKEN_ISSUER_REGEX: expected a regular"):
        call_command("check")


def test_a_short_secret_of_tokens_is_warned_of(settings: Settings) -> None:
    settings.HUBBUB_TOKEN_HMAC_SECRET_KEY = "x" * 31
    assert found() == ["hub.W002"]
    settings.HUBBUB_TOKEN_HMAC_SECRET_KEY = "x" * 32
    assert found() == []


def test_a_wrong_declaration_of_a_namespace_is_refused(settings: Settings) -> None:
    settings.HUBBUB_NAMESPACES = [{"name": "news", "histroy_size": 5}, {"name": "olds", "presence": 1}]
    assert found() == ["hub.E004", "hub.E004"]
    with pytest.raises(SystemCheckError, match=r"HUBBUB_NAMESPACES, news, histroy_size: there is no such option"):
        call_command("check")


def test_a_declaration_for_the_streams_of_a_class_is_refused(settings: Settings) -> None:
    settings.HUBBUB_NAMESPACES = [{"name": "chat"}]
    assert found() == ["hub.E004"]
    settings.HUBBUB_NAMESPACES = [{"name": "news"}]
    assert found() == []


def test_a_site_that_is_open_to_everybody_is_warned_of(settings: Settings) -> None:
    settings.HUBBUB_INSECURE = True
    assert found() == ["hub.W003"]


def test_a_configuration_of_centrifugo_names_what_is_wrong_and_what_means_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "config.json"
    settings.HUBBUB_CENTRIFUGO_CONFIG = str(file)
    file.write_text('{"client": {"queue_max_size": 5}}')
    assert found() == ["hub.W004"]
    file.write_text('{"client": {"insecure": "yes"}}')
    assert found() == ["hub.E005"]
    with pytest.raises(SystemCheckError, match=r"client\.insecure: expected true or false, got 'yes'"):
        call_command("check")


def test_a_transport_that_there_is_not_is_refused(settings: Settings) -> None:
    settings.HUBBUB_TRANSPORTS = ["websocket", "webtransport"]
    assert found() == ["hub.E006"]


def test_a_configuration_of_centrifugo_is_read_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(PRODUCTION | {"client": PRODUCTION["client"] | {"insecure": 7}}))
    script = "from django.conf import settings as s; print(s.HUBBUB_TOKEN_AUDIENCE, s.CSRF_TRUSTED_ORIGINS)"
    environment = os.environ | {"HUBBUB_CENTRIFUGO_CONFIG": str(file)}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", script]
    printed = subprocess.run(command, env=environment, cwd=BASE_DIR, capture_output=True, text=True, timeout=60)
    assert printed.stdout == "realtime ['https://app.example.com']\n", printed.stderr
    checked = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=environment,
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert checked.returncode != 0
    assert "client.insecure: expected true or false, got 7" in checked.stderr


def test_a_server_does_not_start_with_wrong_settings_whatever_server_it_is() -> None:
    environment = os.environ | {"HUBBUB_NAMESPACES": '[{"name": "news", "histry_size": 5}]'}
    done = subprocess.run(
        [sys.executable, "-c", "import asgi"],
        env=environment,
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "news, histry_size: there is no such option; is 'history_size' meant? [hub.E004]" in done.stderr


def test_the_hub_does_not_start_with_wrong_settings(settings: Settings) -> None:
    check_settings()
    settings.HUBBUB_TRANSPORTS = ["webtransport"]
    settings.SHOP_REMINDER_SECONDS = 0
    with pytest.raises(StartRefused, match=r"webtransport.+\[hub\.E006\]") as refusal:
        check_settings()
    # Django has no order of checks.
    assert "[shop.E001]" in str(refusal.value)
    assert refusal.value.code is ExitCode.CONFIGURATION


def test_the_database_is_among_what_is_checked_before_the_start(database: dict[str, Any]) -> None:
    database |= {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {}}
    with pytest.raises(ImproperlyConfigured, match=r"hub\.E002"):
        check_before_start()


def test_what_is_doubtful_is_logged_at_the_start(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.HUBBUB_INSECURE = True
    check_before_start()
    assert "hub.W003" in caplog.text
    caplog.clear()
    settings.SILENCED_SYSTEM_CHECKS = ["hub.W003"]
    check_before_start()
    assert not caplog.text
