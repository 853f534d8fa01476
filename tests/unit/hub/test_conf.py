"""The hub's own settings, and the places that follow from the environment."""

import tempfile
from pathlib import Path

import pytest
from pytest_django import Settings

from hub.conf import BASE_DIR, conf, environment, private_redis_socket, redis_url, var_dir


def test_a_setting_has_its_default_until_the_site_says_otherwise(settings: Settings) -> None:
    assert conf.MAX_ERRORS == 10
    settings.HUBBUB_MAX_ERRORS = 3
    assert conf.MAX_ERRORS == 3


def test_a_setting_that_does_not_exist_is_an_error(settings: Settings) -> None:
    settings.HUBBUB_MAX_ERORS = 3
    with pytest.raises(AttributeError, match="MAX_ERORS"):
        conf.MAX_ERORS  # noqa: B018


@pytest.mark.parametrize("name", [name for name in dir(type(conf)) if name.isupper()])
def test_the_default_of_each_setting_has_the_type_it_is_declared_with(name: str) -> None:
    declared = type(conf).__annotations__[name]
    assert type(getattr(type(conf), name)) is getattr(declared, "__origin__", declared)


def test_a_message_of_the_largest_size_fits_what_may_wait_for_a_reader() -> None:
    # Else each event of that size would park every reader.
    assert conf.MAX_MESSAGE_SIZE < conf.OUTBOX_LIMIT


def test_the_environment_is_the_demo_until_something_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBBUB_ENV", "production")
    assert environment() == "production"
    monkeypatch.delenv("HUBBUB_ENV")
    assert environment() == "demo"


def test_state_lies_beside_manage_py_until_something_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for unset in (None, ""):
        monkeypatch.setenv("HUBBUB_VAR", unset) if unset is not None else monkeypatch.delenv("HUBBUB_VAR")
        assert var_dir() == BASE_DIR / "var"
    assert (BASE_DIR / "manage.py").is_file()


def test_a_relative_place_for_the_state_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUBBUB_VAR", "state")
    assert var_dir() == tmp_path / "state"


def test_the_private_redis_is_found_by_the_place_of_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBBUB_VAR", "/srv/hub")
    assert private_redis_socket() == Path("/srv/hub/redis/redis.sock")
    assert redis_url() == "unix:///srv/hub/redis/redis.sock"


def test_a_redis_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://redis.example.com:6379/0")
    assert redis_url() == "redis://redis.example.com:6379/0"


def test_a_path_too_long_for_a_socket_is_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/tmp")
    sockets = set()
    for var in ("/srv/" + "a" * 100, "/srv/" + "ä" * 45, "/srv/" + "b" * 100):
        monkeypatch.setenv("HUBBUB_VAR", var)
        path = private_redis_socket()
        assert len(str(path)) <= 100
        assert path.parent.parent == Path("/tmp")
        assert path == private_redis_socket()
        sockets.add(path)
    assert len(sockets) == 3


def test_the_shortened_path_lies_where_temporary_files_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBBUB_VAR", "/srv/" + "a" * 100)
    assert private_redis_socket().is_relative_to(tempfile.gettempdir())
