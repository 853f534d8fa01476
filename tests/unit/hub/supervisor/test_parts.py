"""The command lines of the parts."""

import sys
from pathlib import Path

from hub.supervisor import parts


def test_a_server_process_inherits_the_listening_socket() -> None:
    part = parts.web(2, 7)
    assert part.name == "web.2"
    assert part.command[:3] == (sys.executable, "-m", "hub.server")
    assert "--fd=7" in part.command
    assert part.command[-1] == "asgi:application"
    assert part.inherits == (7,)


def test_the_worker_takes_the_default_queue_with_ten_greenlets() -> None:
    options = (
        "--loglevel=INFO",
        "--pool=gevent",
        "-Q",
        "default",
        "--concurrency=10",
        "--without-gossip",
        "--without-mingle",
    )
    assert parts.worker().command == (sys.executable, "-m", "celery", "--quiet", "-A", "hub", "worker", *options)


def test_beat_keeps_no_pid_file() -> None:
    assert "--pidfile=" in parts.beat().command


def test_the_private_redis_is_reached_by_its_socket_alone_and_keeps_nothing() -> None:
    command = list(parts.redis(Path("/bin/redis-server"), Path("/v/r.sock"), Path("/v")).command)
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert command[0] == "/bin/redis-server"
    assert options["--port"] == "0"
    assert options["--unixsocket"] == "/v/r.sock"
    assert options["--unixsocketperm"] == "700"
    assert options["--save"] == ""
    assert options["--appendonly"] == "no"
    assert options["--maxmemory-policy"] == "noeviction"
