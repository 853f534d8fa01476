"""What keeps the hub from starting."""

from pathlib import Path

import pytest

from hub.supervisor.checks import check_demo_host, check_writable, lock, without_password
from hub.supervisor.refusal import ExitCode, StartRefused


def test_a_directory_that_is_missing_is_made(tmp_path: Path) -> None:
    check_writable(tmp_path / "deep" / "var")
    assert list((tmp_path / "deep" / "var").iterdir()) == []


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartRefused, match=r"/file/var cannot be written: Not a directory\.") as refusal:
        check_writable(tmp_path / "file" / "var")
    assert refusal.value.code is ExitCode.VAR


def test_a_directory_is_locked_by_one_hub_at_a_time(tmp_path: Path) -> None:
    with lock(tmp_path), pytest.raises(StartRefused, match=r"A hub already runs on .+ \(process \d+\)") as refusal:
        lock(tmp_path)
    assert refusal.value.code is ExitCode.ALREADY_RUNNING
    with lock(tmp_path):
        pass


def test_the_demo_stays_on_this_machine() -> None:
    check_demo_host("localhost")
    with pytest.raises(StartRefused, match=r"--host is 0\.0\.0\.0") as refusal:
        check_demo_host("0.0.0.0")
    assert refusal.value.code is ExitCode.CONFIGURATION


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost/0", "redis://localhost/0"),
        ("redis://:secret@localhost/0", "redis://:***@localhost/0"),
        ("redis://me:secret@localhost/0", "redis://me:***@localhost/0"),
    ],
)
def test_a_password_is_not_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
