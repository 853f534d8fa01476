"""`python -m clients.load`: the measuring commands at a real hub."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.core.types import JSONObject
from tests.servers import HubServer


def load(hub: HubServer, token: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "clients.load", *arguments, "--url", hub.url, "--json"]
    env = os.environ | {"HUBBUB_TOKEN": token}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=100, check=False)


def figures(done: subprocess.CompletedProcess[str]) -> dict[str, float]:
    """Return the figures that it printed."""
    assert done.returncode == 0, done.stdout + done.stderr
    result: JSONObject = json.loads(done.stdout)
    return {figure["name"]: figure["value"] for figure in result["figures"]}


@pytest.fixture(scope="module")
def token(lively_hub: HubServer) -> str:
    """A token of demo."""
    return lively_hub.manage("token", "demo").stdout.strip()


def test_messages_in_many_rooms_all_get_to_their_readers(lively_hub: HubServer, token: str, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    options = ("--rooms", "3", "--readers", "4", "--rate", "6", "--max", "12", "--report", str(page))
    found = figures(load(lively_hub, token, "chat", *options))
    assert found["readers"] == 12
    assert found["messages"] == 12
    assert found["deliveries"] == 48
    assert found["message to reader, p50"] > 0
    assert page.read_text().count("<svg") == 2


def test_connections_are_held_to_the_end(lively_hub: HubServer, token: str) -> None:
    found = figures(load(lively_hub, token, "connect", "--max", "20", "--duration", "0.5"))
    assert found["held to the end"] == 20


def test_readers_that_come_back_at_once_get_all_they_are_behind(lively_hub: HubServer, token: str) -> None:
    found = figures(load(lively_hub, token, "storm", "--rooms", "2", "--max", "20", "--behind", "5"))
    assert found["readers"] == 20
    assert found["all at the end after"] > 0


def test_a_wrong_token_ends_it_with_one_sentence(lively_hub: HubServer) -> None:
    done = load(lively_hub, "x.y.z", "fanout")
    assert done.returncode == 4
    assert "HTTP 401" in done.stderr
    assert "Traceback" not in done.stderr


def test_more_connections_than_the_system_allows_are_refused_before_the_first(
    lively_hub: HubServer, token: str
) -> None:
    done = load(lively_hub, token, "connect", "--max", "100000000")
    assert done.returncode == 4
    assert "raise the limit" in done.stderr
