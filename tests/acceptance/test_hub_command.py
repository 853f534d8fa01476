"""`python manage.py hub` as a person or a service manager meets it: real processes, real signals."""

import json
import re
import signal
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from hub.supervisor.listener import listen
from tests import servers
from tests.servers import HubServer, alive, environment_of, manage, wait_until

StartHub = Callable[..., HubServer]


def health(url: str) -> tuple[int, dict[str, str]]:
    """Return status and parts of `/health`."""
    with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
        return answer.status, json.load(answer)["parts"]


def is_healthy(url: str) -> bool:
    """Say whether `/health` answers 200 right now."""
    try:
        return health(url)[0] == 200
    except OSError:
        return False


def test_the_hub_says_that_it_is_ready_when_it_answers(hub_server: HubServer) -> None:
    status, parts = health(hub_server.url)
    assert status == 200
    assert {name: parts[name] for name in ("database", "redis", "dispatcher")} == dict.fromkeys(
        ("database", "redis", "dispatcher"), "ok"
    )
    assert "Log in as demo/demo, guest/guest or admin/admin" in hub_server.output


def test_the_worker_is_well_as_soon_as_it_does_something(hub_server: HubServer) -> None:
    wait_until(lambda: health(hub_server.url)[1]["worker"] == "ok", "a sweep to be done", seconds=servers.START)


def test_every_line_says_which_part_it_is_from(hub_server: HubServer) -> None:
    hub_server.wait_for(r"(?m)^worker \| .+ ready\.$")
    hub_server.wait_for(r"(?m)^web\.2  \| .")
    hub_server.wait_for(r"(?m)^beat   \| .")
    assert "\x1b" not in hub_server.output, "colours are for terminals"


def test_as_many_server_processes_as_asked_share_the_port(hub_server: HubServer) -> None:
    assert hub_server.url
    assert len(hub_server.processes_of("hub.server")) == 2


def test_a_part_that_is_killed_is_started_again_and_said_so(start_hub: StartHub) -> None:
    server = start_hub()
    url = server.url
    for program, name in {
        "hub.server": r"web\.\d",
        "worker": "worker",
        "beat": "beat",
        "redis-server": "redis",
    }.items():
        victims = server.processes_of(program)
        victims[0].kill()
        server.wait_for(rf"hub +\| {name} was killed by SIGKILL; it is started again in 0\.5 s\.")
        wait_until(lambda: len(set(server.processes_of(program)) - set(victims)) == 1, f"another {program}")  # noqa: B023
        wait_until(lambda: is_healthy(url), "a healthy hub", seconds=20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_in_order(start_hub: StartHub, number: signal.Signals) -> None:
    server = start_hub()
    server.wait_for(r"(?m)^worker \| .+ ready\.$", seconds=servers.START)
    processes = server.processes()
    assert len(processes) == 6, "the supervisor, Redis, two servers, worker and beat"
    server.send(number)
    assert server.wait() == 0
    assert not alive(processes)
    assert re.search(r"(?s)Stopping.+draining.+Warm shutdown.+\nhub    \| Stopped\.$", server.output)


def test_a_killed_supervisor_leaves_no_process(start_hub: StartHub) -> None:
    server = start_hub()
    assert server.url
    processes = server.processes()
    server.send(signal.SIGKILL)
    wait_until(lambda: not alive(processes), "no process to be left")
    server.wait()


def test_a_hub_starts_again_after_the_last_one_was_killed(start_hub: StartHub) -> None:
    first = start_hub()
    assert first.url
    processes = first.processes()
    first.send(signal.SIGKILL)
    wait_until(lambda: not alive(processes), "no process to be left")
    assert is_healthy(start_hub().url)


def test_a_stop_during_the_start_leaves_no_process(start_hub: StartHub) -> None:
    server = start_hub()
    wait_until(lambda: len(psutil.Process(server.process.pid).children()) > 1, "the first parts")
    processes = server.processes()
    assert server.stop() == 0
    assert not alive(processes)


def test_without_beat_there_is_none(start_hub: StartHub) -> None:
    server = start_hub("--no-beat")
    assert server.url
    assert server.processes_of("worker")
    assert not server.processes_of("beat")


def test_a_redis_that_is_named_is_used(start_hub: StartHub, new_var: Path) -> None:
    with servers.temporary_var() as elsewhere, servers.running_redis(elsewhere / "redis.sock"):
        env = environment_of(new_var, REDIS_URL=f"unix://{elsewhere}/redis.sock")
        server = start_hub(env=env)
        assert is_healthy(server.url)
        assert not server.processes_of("redis-server")
        server.stop()


def test_a_private_redis_that_runs_already_is_used_and_left(start_hub: StartHub, new_var: Path) -> None:
    with servers.running_redis(new_var / "redis" / "redis.sock") as redis:
        server = start_hub()
        assert is_healthy(server.url)
        assert server.stop() == 0
        assert "A private Redis runs already on" in server.output
        assert redis.poll() is None


def test_the_hub_listens_on_ipv6(start_hub: StartHub) -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    server = start_hub("--host", "::1")
    assert server.url.startswith("http://[::1]:")


def refused(var: Path, *arguments: str, **more: str) -> tuple[int, str]:
    """Start a hub that must not start: its exit code, and the one sentence it says."""
    done = manage(environment_of(var, **more), "hub", *arguments, timeout=30)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.returncode, done.stderr


def test_a_port_in_use_is_refused(prepared_var: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        code, sentence = refused(prepared_var, "--port", port)
    assert code == 71
    assert f"Port {port} on 127.0.0.1 is already in use." in sentence


def test_wrong_settings_are_refused_in_one_sentence(prepared_var: Path) -> None:
    code, sentence = refused(prepared_var, "--port", "0", HUBBUB_TRANSPORTS="websocket,carrots,pigeons")
    assert code == 78
    assert "'carrots'" in sentence and "'pigeons'" in sentence and "[hub.E006]" in sentence


def test_a_second_hub_on_the_same_var_is_refused(hub_server: HubServer) -> None:
    assert hub_server.url
    code, sentence = refused(hub_server.var, "--port", "0")
    assert code == 75
    assert f"A hub already runs on {hub_server.var} (process {hub_server.process.pid})." in sentence


def test_a_database_without_migrations_is_refused() -> None:
    with servers.temporary_var() as var:
        code, sentence = refused(var, "--port", "0")
    assert code == 65
    assert re.search(r"The database lacks \d+ migrations .+ Run: python manage\.py migrate", sentence)


def test_a_file_that_is_no_database_is_refused() -> None:
    with servers.temporary_var() as var:
        (var / "hubbub.sqlite3").write_text("this is a letter, not a database " * 100)
        code, sentence = refused(var, "--port", "0")
    assert code == 65
    assert "The database cannot be read: file is not a database" in sentence


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://127.0.0.1:1/0", "No Redis answers at REDIS_URL (redis://127.0.0.1:1/0)"),
        ("redis://:secret@127.0.0.1:1/0", "No Redis answers at REDIS_URL (redis://:***@127.0.0.1:1/0)"),
        ("unix:///no/such/socket", "No Redis answers at REDIS_URL (unix:///no/such/socket)"),
        ("carrots", "REDIS_URL cannot be read"),
        ("redis://127.0.0.1:many", "REDIS_URL cannot be read"),
    ],
)
def test_a_redis_that_does_not_answer_is_refused(prepared_var: Path, url: str, words: str) -> None:
    code, sentence = refused(prepared_var, "--port", "0", REDIS_URL=url)
    assert code == 69
    assert words in sentence
    assert "secret@" not in sentence


def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    # Nobody can make a directory inside a file, not even root.
    code, sentence = refused(tmp_path / "file" / "var", "--port", "0", SECRET_KEY="x" * 50)
    assert code in {73, 78}, "the settings may notice first"
    assert f"{tmp_path}/file/var" in sentence


@pytest.mark.parametrize(
    ("setting", "name"), [({}, "SECRET_KEY"), ({"SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS")]
)
def test_production_without_its_settings_is_refused(prepared_var: Path, setting: dict[str, str], name: str) -> None:
    code, sentence = refused(prepared_var, "--port", "0", HUBBUB_ENV="production", **setting)
    assert code == 78
    assert name in sentence


def test_the_demo_is_not_shown_to_other_machines(prepared_var: Path) -> None:
    code, sentence = refused(prepared_var, "--host", "0.0.0.0", "--port", "0")
    assert code == 78
    assert "Demo mode listens on this machine only" in sentence


def test_production_listens_where_it_is_told(start_hub: StartHub, new_var: Path) -> None:
    settings = {"HUBBUB_ENV": "production", "SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": ".example.com"}
    server = start_hub("--host", "0.0.0.0", env=environment_of(new_var, **settings))
    assert server.url.startswith("http://0.0.0.0:")
    assert "demo/demo" not in server.output


@pytest.mark.parametrize("arguments", [("--port", "70000"), ("--port", "http"), ("--workers", "0"), ("--cake",)])
def test_wrong_arguments_are_refused(prepared_var: Path, arguments: tuple[str, ...]) -> None:
    done = manage(environment_of(prepared_var), "hub", *arguments)
    assert done.returncode == 2
    assert "error: " in done.stderr


def test_the_help_has_examples_and_exit_codes(prepared_var: Path) -> None:
    done = manage(environment_of(prepared_var), "help", "hub")
    assert done.returncode == 0
    assert "python manage.py hub --port 9000 --workers 2" in done.stdout
    assert re.search(r"(?m)^   71  the port is in use", done.stdout)
