"""Which database the hub uses: `DATABASE_URL` turned into Django's settings, with limits on everything that waits."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_EXPECTED = (
    "expected DATABASE_URL to be postgresql://user:password@host:port/name, postgresql://user@/name?host=/directory "
    "(of a Unix socket) or sqlite:////path"
)

#: Seconds for each limit of a PostgreSQL session. A statement may take as long as the work that it is part of
#: (`HUBBUB_DATABASE_TIMEOUT`), and a lock less, so that whoever waits for one hears why.
STATEMENT_TIMEOUT = 15
LOCK_TIMEOUT = 10
#: A process that is stopped in the middle of a transaction holds the locks of its streams: after this it loses them.
IDLE_IN_TRANSACTION_TIMEOUT = 30

#: Of the server, for each session. Given at the start of the session, which costs no round trip.
_LIMITS = (
    f"-c statement_timeout={STATEMENT_TIMEOUT}s"
    f" -c lock_timeout={LOCK_TIMEOUT}s"
    f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT}s"
)

#: Of the client's side (libpq): without them a host that went away without a word is waited for as long as TCP likes.
_CONNECTION = {
    "application_name": "hubbub",
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    # Milliseconds in which what was sent has to be acknowledged; keepalives do not count while something is.
    "tcp_user_timeout": "30000",
}

#: A pool rather than CONN_MAX_AGE: under ASGI each request runs on a thread of its own, and a connection kept by a
#: thread that has ended would serve nobody.
_POOL = {
    "min_size": 1,
    # For each process: the threads for sockets (`HUBBUB_DATABASE_THREADS`) and some requests at once. A PostgreSQL
    # takes 100 connections by default, from all processes together.
    "max_size": 10,
    # Seconds that whoever finds none waits. Below those of a socket's handshake (5), so that its client hears why.
    "timeout": 2.0,
    # Seconds of trying in the background, in growing steps, after which the next asker tries. Each step is as long as
    # all before it: with the default of five minutes a server could be back for minutes before anyone notices. With
    # two, nobody waits longer than one step, of a second.
    "reconnect_timeout": 2.0,
}


def read_database(url: str, default: Path) -> dict[str, Any]:
    """Return Django's settings of the database that a URL names.

    Arguments:
        url: `postgresql://…` as libpq reads it (PostgreSQL manual, 34.1.1.2), with its parameters, e.g.
            `?sslmode=require`; or `sqlite:////path`; or nothing, for SQLite at `default`.
        default: path of the SQLite file when there is no URL.
    Raises:
        ImproperlyConfigured: the URL makes no sense, or the driver of PostgreSQL is not installed.
    """
    if not url:
        return _sqlite(default)
    # A password may be in it: what is wrong is told without showing it.
    scheme = url.partition(":")[0].lower()
    if scheme in ("postgresql", "postgres"):
        return _postgresql(_read_conninfo(url))
    if scheme == "sqlite":
        # Four slashes: two of the URL, and an absolute path. What another one is relative to, nobody would know.
        parts = urlsplit(url)
        if not parts.netloc and parts.path.startswith("//") and parts.path.strip("/"):
            return _sqlite(Path(unquote(parts.path[1:])))
    raise ImproperlyConfigured(f"{_EXPECTED}, got none of these")


def _read_conninfo(url: str) -> dict[str, Any]:
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise ImproperlyConfigured(
            "expected psycopg to be installed for a DATABASE_URL of PostgreSQL: run `make setup` with it set, or "
            "install requirements-postgresql.txt"
        ) from error
    try:
        found = conninfo_to_dict(url)
    except ProgrammingError as error:
        # Raised from nothing: libpq quotes the URL, with its password, in some of its messages.
        reason = str(error).strip()
        raise ImproperlyConfigured(
            f"{_EXPECTED}, got one that libpq cannot read" + (f": {reason}" if "//" not in reason else "")
        ) from None
    ports = str(found.get("port", "5432")).split(",")
    if not all(port.isdecimal() and 0 < int(port) < 65_536 for port in ports):
        raise ImproperlyConfigured(f"{_EXPECTED}, got one whose port is none of 1 to 65535")
    if not found.get("dbname"):
        raise ImproperlyConfigured(f"{_EXPECTED}, got one without the name of a database")
    return found


def _postgresql(found: dict[str, Any]) -> dict[str, Any]:
    # libpq lets the last of two words for one thing win: what the URL says goes before the limits here.
    session = " ".join(filter(None, (_LIMITS, found.pop("options", ""))))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": found.pop("dbname"),
        "USER": found.pop("user", ""),
        "PASSWORD": found.pop("password", ""),
        "HOST": found.pop("host", ""),
        "PORT": found.pop("port", ""),
        # Asked before each use: a server that was restarted costs nobody an error who comes after it.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_CONNECTION, **found, "options": session, "pool": dict(_POOL)},
    }


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # A deferred transaction that reads and then writes fails at once when another one wrote in between:
            # the busy timeout does not apply to the upgrade. An immediate one waits its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL keeps every acknowledged commit through a power cut (WAL with NORMAL may lose the last ones).
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
        # Many threads write at once in tests too, and an in-memory database cannot be shared between them.
        "TEST": {"NAME": str(path.with_name("test.sqlite3"))},
    }
