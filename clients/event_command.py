"""Run a shell command for an event: the event on its standard input, its type, offset and stream in its environment."""

import contextlib
import os
import signal
import subprocess

from clients.process import interrupts_held
from clients.wire import Event

END_SECONDS = 2.0


def run_command(command: str, event: Event, stream: str, seconds: float | None) -> str | None:
    """Run `command` to its end.

    Arguments:
        command: a shell command line.
        event: its JSON text goes to the command's standard input.
        stream: the stream's name, for HUBBUB_STREAM.
        seconds: the time limit, after which the command is ended; None for none.
    Returns:
        None when it went well, else a sentence that says what went wrong.
    Raises:
        TimeoutError: the time limit ended the command.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        with interrupts_held():
            process = _start(command, event, stream)
        process.communicate(event.text.encode(errors="backslashreplace"), timeout=seconds)
        return _problem(process.returncode)
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    except (OSError, ValueError) as error:
        return f"the command could not be started: {error}"
    finally:
        if process is not None and process.returncode is None:
            _end(process)


def _start(command: str, event: Event, stream: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "HUBBUB_TYPE": event.type,
        "HUBBUB_OFFSET": "" if event.offset is None else str(event.offset),
        "HUBBUB_STREAM": stream,
    }
    # A process group of its own: whatever the shell starts can be ended with it.
    return subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=environment, process_group=0)


def _problem(status: int) -> str | None:
    if status == 0:
        return None
    if status < 0:
        return f"the command was ended by signal {-status}"
    return f"the command failed with exit status {status}"


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        _signal_group(process, signal.SIGTERM)
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        pass  # It is killed now, as is whatever the shell has left behind.
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The group outlives the shell while anything that the shell started still runs.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
