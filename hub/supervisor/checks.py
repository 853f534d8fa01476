"""What must hold before the hub starts. Each check raises `StartRefused` with what is wrong and what to do."""

import fcntl
import os
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from hub.checks import check_before_start
from hub.supervisor.listener import is_loopback
from hub.supervisor.refusal import ExitCode, StartRefused

_REDIS_TIMEOUT = 3.0


def check_demo_host(host: str) -> None:
    """Refuse to show the demo, whose passwords everyone knows, to other machines."""
    if not is_loopback(host):
        raise StartRefused(
            ExitCode.CONFIGURATION,
            f"Demo mode listens on this machine only (127.0.0.1), and --host is {host}. "
            "Set HUBBUB_ENV=production, SECRET_KEY and ALLOWED_HOSTS to be reached from others.",
        )


def check_settings() -> None:
    """Refuse settings that no server process would start with, each of which would say so again and again."""
    try:
        check_before_start()
    except ImproperlyConfigured as error:
        raise StartRefused(ExitCode.CONFIGURATION, f"The settings are wrong: {error}") from error


def check_writable(directory: Path) -> None:
    """Make the directory of the hub's state where it is missing, and refuse one that cannot be written."""
    probe = directory / f".probe-{os.getpid()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartRefused(
            ExitCode.VAR,
            f"{directory} cannot be written: {error.strerror}. Mend that, or name another directory by HUBBUB_VAR.",
        ) from error


def lock(directory: Path) -> TextIO:
    """Take the directory for this hub; the lock lasts as long as the file returned is open.

    Raises:
        StartRefused: another hub has it.
    """
    file = (directory / "hub.lock").open("a+")
    try:
        # The kernel lets go of it when the process ends, however it ends.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        with file:
            file.seek(0)
            owner = file.read().strip() or "unknown"
        raise StartRefused(
            ExitCode.ALREADY_RUNNING,
            f"A hub already runs on {directory} (process {owner}). "
            "Stop it first, or name another directory by HUBBUB_VAR.",
        ) from error
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def check_redis(url: str) -> None:
    """Refuse a `REDIS_URL` at which no Redis answers."""
    try:
        with redis.Redis.from_url(url, socket_timeout=_REDIS_TIMEOUT, socket_connect_timeout=_REDIS_TIMEOUT) as client:
            client.ping()
    except ValueError as error:
        raise StartRefused(ExitCode.REDIS, f"REDIS_URL cannot be read: {error}.") from error
    except redis.RedisError as error:
        raise StartRefused(
            ExitCode.REDIS,
            f"No Redis answers at REDIS_URL ({without_password(url)}): {str(error).rstrip('.')}. "
            "Start it, or unset REDIS_URL to use a private one.",
        ) from error


def without_password(url: str) -> str:
    """Return the URL as it may be shown."""
    found = urlsplit(url)
    return url if found.password is None else url.replace(f":{found.password}@", ":***@", 1)


def check_migrations() -> None:
    """Refuse a database that lacks migrations, or that cannot be read."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise StartRefused(ExitCode.DATABASE, f"The database cannot be read: {error}.") from error
    finally:
        connection.close()
    if missing:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing[:3])
        raise StartRefused(
            ExitCode.DATABASE,
            f"The database lacks {len(missing)} migrations ({names}{', …' if len(missing) > 3 else ''}). "
            "Run: python manage.py migrate",
        )
