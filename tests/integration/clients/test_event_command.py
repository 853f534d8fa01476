"""`--exec`: a shell command for each event, one at a time and in order."""

import json
import shlex
import signal
from pathlib import Path

import psutil
import pytest

from clients.event_command import run_command
from clients.wire import Event
from tests.integration.clients.commands import finished, first_line, run, started
from tests.integration.clients.scripted_stream import Peer, ScriptedStream, event

MESSAGE = Event(7, "message.created", None, {}, '{"offset":7,"type":"message.created","data":{}}')


def three_events(peer: Peer) -> None:
    peer.hello(0)
    peer.events(1, 2, 3)
    peer.until_closed()


def running(pid: int) -> bool:
    try:
        # A killed process may stay as a zombie until the machine's first process looks after it.
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_command_gets_the_event_on_its_input_and_the_rest_in_its_environment(tmp_path: Path) -> None:
    record = shlex.quote(str(tmp_path / "record"))
    command = f'{{ echo "$HUBBUB_TYPE $HUBBUB_OFFSET $HUBBUB_STREAM"; cat; echo; }} >> {record}'
    with ScriptedStream(three_events) as server:
        assert run("subscribe", server.url, "--count", "2", "--exec", command).status == 0
    lines = (tmp_path / "record").read_text().splitlines()
    assert lines[0::2] == ["message.created 1 chat:lobby", "message.created 2 chat:lobby"]
    assert [json.loads(line) for line in lines[1::2]] == [event(1), event(2)]


def test_commands_run_one_at_a_time_and_in_order(tmp_path: Path) -> None:
    # A lock that two commands at once could not both take.
    command = 'mkdir lock && echo "run $HUBBUB_OFFSET" && sleep 0.05 && rmdir lock'
    with ScriptedStream(three_events) as server:
        result = run("subscribe", server.url, "--count", "3", "--exec", f"cd {tmp_path} && {command}")
    assert [line for line in result.lines if line.startswith("run")] == ["run 1", "run 2", "run 3"]
    assert "failed" not in result.messages


def test_a_failing_command_is_reported_and_the_next_event_goes_on() -> None:
    with ScriptedStream(three_events) as server:
        result = run("subscribe", server.url, "--count", "3", "--json", "--exec", "test $HUBBUB_OFFSET != 2 || exit 9")
    assert (result.status, result.offsets) == (0, [1, 2, 3])
    assert result.messages.count("the command failed with exit status 9, for offset 2 (message.created)") == 1


def test_an_ephemeral_event_has_an_empty_offset() -> None:
    def script(peer: Peer) -> None:
        peer.hello(0)
        peer.send({"type": "typing", "data": {}})
        peer.events(1)
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--count", "1", "--exec", 'echo "[$HUBBUB_OFFSET]"; exit 1')
    assert "[]" in result.lines
    assert "[1]" in result.lines
    assert "failed with exit status 1, for an ephemeral event (typing)" in result.messages


def test_the_time_limit_ends_a_running_command_with_all_that_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = f"sleep 600 & echo $$ $! > {shlex.quote(str(pids))}; wait"
    with ScriptedStream(three_events) as server:
        result = run("subscribe", server.url, "--timeout", "1.5", "--count", "1", "--exec", command)
    assert result.status == 5
    assert "the time limit ended the command for offset 1" in result.messages
    assert "--since 0 " in result.messages
    assert not any(running(int(pid)) for pid in pids.read_text().split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_running_command_too(number: signal.Signals, tmp_path: Path) -> None:
    with (
        ScriptedStream(three_events) as server,
        started("subscribe", server.url, "--json", "--exec", "echo $$; exec sleep 600") as process,
    ):
        assert '"offset": 1' in first_line(process)
        pid = int(first_line(process))
        process.send_signal(number)
        result = finished(process)
    assert result.status == 130
    assert "--since 0 " in result.messages
    assert not running(pid)


def test_a_command_need_not_read_its_input() -> None:
    large = Event(1, "t", None, None, json.dumps({"type": "t", "data": "x" * 300_000}))
    assert run_command("exit 0", large, "s", 10) is None


def test_a_command_that_a_signal_ended_is_reported() -> None:
    assert run_command("kill -9 $$", MESSAGE, "s", 10) == "the command was ended by signal 9"


def test_an_event_that_fits_no_environment_is_reported() -> None:
    problem = run_command("exit 0", Event(1, "a\0b", None, None, "{}"), "s", 10)
    assert problem is not None
    assert problem.startswith("the command could not be started: ")


def test_a_command_over_its_time_raises() -> None:
    with pytest.raises(TimeoutError):
        run_command("exec sleep 600", MESSAGE, "s", 0.05)


def test_a_command_that_ignores_the_polite_signal_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clients.event_command.END_SECONDS", 0.05)
    pid = tmp_path / "pid"
    with pytest.raises(TimeoutError):
        run_command(f"trap '' TERM; echo $$ > {shlex.quote(str(pid))}; sleep 600; sleep 600", MESSAGE, "s", 1)
    assert not running(int(pid.read_text()))
