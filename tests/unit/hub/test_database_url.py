"""DATABASE_URL: what may be in it, and one clear sentence for the rest, without the password."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from hub.conf import conf
from hub.database_url import IDLE_IN_TRANSACTION_TIMEOUT, LOCK_TIMEOUT, STATEMENT_TIMEOUT, read_database
from tests.servers import ROOT, environment_of

DEFAULT = Path("/var/hub/hubbub.sqlite3")


def read(url: str) -> dict[str, Any]:
    return read_database(url, DEFAULT)


def test_without_a_url_it_is_sqlite_beside_the_rest_of_the_state() -> None:
    assert (read("")["ENGINE"], read("")["NAME"]) == ("django.db.backends.sqlite3", DEFAULT)


def test_a_url_may_name_another_file_of_sqlite() -> None:
    assert read("sqlite:////srv/the%20hub/db.sqlite3")["NAME"] == Path("/srv/the hub/db.sqlite3")


@pytest.mark.parametrize("url", ["", "sqlite:////srv/db.sqlite3"])
def test_transactions_of_sqlite_wait_their_turn(url: str) -> None:
    assert read(url)["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_url_of_postgresql_is_read_with_all_its_parts() -> None:
    found = read("postgresql://ann:p%40ss@db.example.com:5433/hub?sslmode=require")
    named = {name: found[name] for name in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert named == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "hub",
        "USER": "ann",
        "PASSWORD": "p@ss",
        "HOST": "db.example.com",
        "PORT": "5433",
    }
    assert found["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize(
    "url", ["postgresql://ann@/hub?host=/run/postgresql", "postgres://ann@%2Frun%2Fpostgresql/hub"]
)
def test_the_host_may_be_the_directory_of_a_unix_socket(url: str) -> None:
    found = read(url)
    assert (found["HOST"], found["PORT"], found["USER"]) == ("/run/postgresql", "", "ann")


def test_several_hosts_and_an_ipv6_address_are_kept() -> None:
    assert read("postgresql://a@h1:1,h2:2/hub")["HOST"] == "h1,h2"
    assert read("postgresql://a@[::1]:5432/hub")["HOST"] == "::1"


def test_what_the_url_says_of_a_session_goes_before_the_limits() -> None:
    words = read("postgresql://a@h/hub?options=-c%20statement_timeout%3D0&connect_timeout=1")["OPTIONS"]
    assert words["options"].endswith("-c statement_timeout=0")
    assert words["connect_timeout"] == "1"


def test_who_waits_hears_why_before_the_work_itself_is_given_up() -> None:
    assert LOCK_TIMEOUT < STATEMENT_TIMEOUT <= conf.DATABASE_TIMEOUT < IDLE_IN_TRANSACTION_TIMEOUT


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:secret@host/hub",
        "secret",
        "sqlite:///secret.sqlite3",
        "sqlite://secret/db.sqlite3",
        "sqlite:////",
        "postgresql://ann:secret@host",
        "postgresql://ann:secret@host:70000/hub",
        "postgresql://ann:secret@host:0/hub",
        "postgresql://ann:se/secret@host/hub",
        "postgresql://ann:secret@[::1/hub",
        "postgresql://ann:secret@host/hub?sslmode=%",
        "postgresql://ann:secret@host/hub?conect_timeout=1",
    ],
)
def test_any_other_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="expected DATABASE_URL to be postgresql://") as caught:
        read(url)
    assert "secret" not in str(caught.value)


def test_a_wrong_parameter_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match='invalid URI query parameter: "conect_timeout"'):
        read("postgresql://ann@host/hub?conect_timeout=1")


def test_a_missing_driver_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ImproperlyConfigured, match="expected psycopg to be installed"):
        read("postgresql://ann@host/hub")


def test_a_wrong_url_ends_the_hub_with_one_sentence(tmp_path: Path) -> None:
    env = environment_of(tmp_path, DATABASE_URL="mysql://ann:secret@host/hub")
    command = [sys.executable, "manage.py", "hub"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 78
    assert "expected DATABASE_URL to be postgresql://" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "secret" not in done.stderr
