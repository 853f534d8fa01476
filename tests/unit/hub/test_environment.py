"""Reading the environment: what a variable may hold, and the secret key that is made at the first start."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from hub.environment import prepare_var, read_bool, read_json, read_list, read_secret_key, read_text

#: Waits for the others, so that all look for the key at the same moment; then prints the key it got.
START = """
import sys
from pathlib import Path
from hub.environment import read_secret_key

print("ready", flush=True)
sys.stdin.readline()
print(read_secret_key(Path(sys.argv[1]), production=False))
"""


@contextmanager
def about_to_start(var: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a process that reads the secret key of `var` once it is sent a line, and prints it."""
    command = [sys.executable, "-c", START, str(var)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.delenv("A_VARIABLE", raising=False)


@pytest.mark.parametrize("text", ["1", "true", "yes", "on", "ON", "True"])
def test_a_switch_can_be_turned_on(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_VARIABLE", text)
    assert read_bool("A_VARIABLE", default=False) is True


@pytest.mark.parametrize("text", ["0", "false", "no", "off", "OFF", ""])
def test_a_switch_can_be_turned_off(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_VARIABLE", text)
    assert read_bool("A_VARIABLE", default=True) is False


@pytest.mark.parametrize("default", [True, False])
def test_a_switch_that_is_not_set_has_its_default(default: bool) -> None:
    assert read_bool("A_VARIABLE", default=default) is default


def test_a_switch_that_is_neither_on_nor_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_VARIABLE", "of")
    with pytest.raises(ImproperlyConfigured, match=r"^expected A_VARIABLE to be on or off, got 'of'$"):
        read_bool("A_VARIABLE", default=True)


@pytest.mark.parametrize(
    ("text", "items"), [("a", ["a"]), ("a,b", ["a", "b"]), (" a , ,b ,", ["a", "b"]), (",", []), ("", ["default"])]
)
def test_a_list_is_separated_by_commas(text: str, items: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_VARIABLE", text)
    assert read_list("A_VARIABLE", default=["default"]) == items


def test_a_list_that_is_not_set_has_its_default() -> None:
    assert read_list("A_VARIABLE", default=["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize("production", [True, False])
def test_a_secret_key_that_is_given_is_taken(production: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", "given")
    assert read_secret_key(tmp_path, production=production) == "given"
    assert list(tmp_path.iterdir()) == []


def test_a_secret_key_is_made_once_and_kept(tmp_path: Path) -> None:
    key = read_secret_key(tmp_path, production=False)
    assert len(key) >= 50
    assert read_secret_key(tmp_path, production=False) == key
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_two_hubs_have_two_secret_keys(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    keys = {read_secret_key(tmp_path / name, production=False) for name in ("one", "other")}
    assert len(keys) == 2


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_its_owner_can_read_the_secret_key(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        read_secret_key(tmp_path, production=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_in_production_no_secret_key_is_made(tmp_path: Path) -> None:
    read_secret_key(tmp_path, production=False)
    sentence = "^expected SECRET_KEY in the environment in production, got none$"
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read_secret_key(tmp_path, production=True)


def test_processes_that_start_at_once_get_the_same_secret_key(tmp_path: Path) -> None:
    with ExitStack() as running:
        processes = [running.enter_context(about_to_start(tmp_path)) for _ in range(6)]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        keys = {process.communicate(timeout=30)[0].strip() for process in processes}
    assert keys == {(tmp_path / "secret_key").read_text()}
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_who_comes_second_takes_the_key_of_who_came_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    link = os.link

    def link_too_late(source: Path, target: Path) -> None:
        target.write_text("the first one's")
        link(source, target)

    monkeypatch.setattr(os, "link", link_too_late)
    assert read_secret_key(tmp_path, production=False) == "the first one's"
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_key_that_cannot_be_read_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "secret_key").mkdir()
    with pytest.raises(ImproperlyConfigured, match=rf"^expected to read or to make {tmp_path}/secret_key, got: "):
        read_secret_key(tmp_path, production=False)


def test_a_key_that_cannot_be_made_is_told_with_its_path(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    with pytest.raises(ImproperlyConfigured, match=rf"^expected to read or to make {absent}/secret_key, got: "):
        read_secret_key(absent, production=False)


def test_a_key_that_could_not_be_kept_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def no_links_here(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links_here)
    with pytest.raises(ImproperlyConfigured, match="Operation not permitted"):
        read_secret_key(tmp_path, production=False)
    assert list(tmp_path.iterdir()) == []


def test_the_place_of_the_state_is_made(tmp_path: Path) -> None:
    var = tmp_path / "deep" / "var"
    prepare_var(var)
    prepare_var(var)
    assert (var / "static").is_dir()


def test_a_place_that_is_a_file_is_refused(tmp_path: Path) -> None:
    var = tmp_path / "var"
    var.touch()
    with pytest.raises(ImproperlyConfigured, match=f"^expected {var} to be a writable directory, got: "):
        prepare_var(var)


def test_a_place_that_cannot_be_written_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Asked of the system rather than tried: a superuser could write there all the same.
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    sentence = f"^expected {tmp_path} to be a writable directory, got one that is not writable$"
    with pytest.raises(ImproperlyConfigured, match=sentence):
        prepare_var(tmp_path)


def test_a_variable_may_hold_json(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_json("A_VARIABLE", default=[1]) == [1]
    monkeypatch.setenv("A_VARIABLE", '[{"name": "news"}]')
    assert read_json("A_VARIABLE", default=[]) == [{"name": "news"}]
    monkeypatch.setenv("A_VARIABLE", "[")
    with pytest.raises(ImproperlyConfigured, match=r"^expected A_VARIABLE to be JSON, got: "):
        read_json("A_VARIABLE", default=[])


def test_a_text_has_no_blanks_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_text("A_VARIABLE") == ""
    monkeypatch.setenv("A_VARIABLE", " a b\n")
    assert read_text("A_VARIABLE") == "a b"
