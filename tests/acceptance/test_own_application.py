"""An application of one's own, made by the very words of the tutorial and the how-to."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.supervisor.listener import listen
from tests.servers import ROOT, environment_of, manage

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs" / "howto" / "publish-from-your-models.md").read_text(encoding="utf-8")


def code_with(page: str, words: str) -> str:
    """Return the only block of Python code of a page that holds these words."""
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if words in block]
    return str(block)


def shell_line_with(page: str, words: str) -> str:
    """Return the code of the only `manage.py shell` line of a page that holds these words."""
    (line,) = [line for line in re.findall(r'manage\.py shell --command "(.*)"', page) if words in line]
    return str(line)


def run(env: dict[str, str], *arguments: str) -> str:
    """Run a management command that must succeed, and return its output."""
    done = manage(env, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def env(new_var: Path, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a project that has the tutorial's application installed, with its table."""
    settings = 'from hub.settings import *\nINSTALLED_APPS = ["loans", *INSTALLED_APPS]\n'
    (tmp_path / "own_settings.py").write_text(settings)
    (tmp_path / "loans").mkdir()
    plain = environment_of(new_var, REDIS_URL=redis_url)
    run(plain, "startapp", "loans", str(tmp_path / "loans"))
    (tmp_path / "loans" / "models.py").write_text(code_with(TUTORIAL, "class Loan"))
    path = f"{tmp_path}:{ROOT}"
    env = plain | {"DJANGO_SETTINGS_MODULE": "own_settings", "PYTHONPATH": path}
    run(env, "makemigrations", "loans")
    run(env, "migrate", "--no-input")
    return env


@contextmanager
def served(env: dict[str, str], directory: Path) -> Iterator[str]:
    """Serve the project by Daphne, with the `routing.py` of that directory; gives its address."""
    with listen("127.0.0.1", 0) as shared:
        command = [sys.executable, "-m", "daphne", "--fd", str(shared.fileno()), "asgi:application"]
        with subprocess.Popen(command, cwd=directory, env=env, pass_fds=[shared.fileno()]) as server:
            try:
                yield f"ws://127.0.0.1:{shared.getsockname()[1]}"
            finally:
                server.terminate()


def subscribe(env: dict[str, str], url: str, username: str) -> "subprocess.CompletedProcess[str]":
    """Read one event from the beginning of a stream."""
    return subprocess.run(
        [sys.executable, "-m", "clients.subscribe", url, "--since", "0", "--count", "1", "--json", "--timeout", "30"],
        cwd=ROOT,
        env=env | {"HUBBUB_TOKEN": run(env, "token", username).strip()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_tutorials_model_tells_its_reader(env: dict[str, str]) -> None:
    run(env, "shell", "--command", shell_line_with(TUTORIAL, "Loan.objects.create"))
    told = "print(list(Notification.objects.filter(user__username='demo').order_by('-id').values_list('title')[:1]))"
    assert "[('Enjoy Momo',)]" in run(env, "shell", "--command", told)


def test_the_how_tos_stream_is_read_by_its_user_and_by_nobody_else(env: dict[str, str], tmp_path: Path) -> None:
    loans = tmp_path / "loans"
    models = (loans / "models.py").read_text()
    (loans / "models.py").write_text(models + code_with(HOW_TO, "def publish_loan"))
    for file, words in (
        ("namespaces.py", "class LoanNamespace"),
        ("apps.py", "class LoansConfig"),
        ("consumers.py", "class LoanConsumer"),
    ):
        (loans / file).write_text(code_with(HOW_TO, words))
    address = code_with(HOW_TO, "LoanConsumer.as_asgi()").strip()
    routing = (ROOT / "routing.py").read_text()
    head = "from django.urls import path\nfrom loans.consumers import LoanConsumer\n"
    last = 're_path("", '
    assert last in routing
    (tmp_path / "routing.py").write_text(head + routing.replace(last, address + last))
    run(env, "shell", "--command", shell_line_with(TUTORIAL, "Loan.objects.create"))

    with served(env, tmp_path) as url:
        reader = subscribe(env, f"{url}/ws/loans/1/", "demo")
        stranger = subscribe(env, f"{url}/ws/loans/1/", "guest")

    assert reader.returncode == 0, reader.stderr
    event = json.loads(reader.stdout)
    assert (event["offset"], event["type"], event["data"]) == (1, "loan.saved", {"id": 1, "title": "Momo"})
    assert (stranger.returncode, stranger.stdout) == (3, ""), stranger.stderr
    assert "there is no stream 'loan:1'" in stranger.stderr
