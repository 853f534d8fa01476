"""The usual commands of Django, Daphne and Celery, each by itself: they find the running private Redis untold."""

import importlib.util
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from tests import servers
from tests.programs import PATIENCE, Program, Server, installed, stopped
from tests.servers import ROOT, environment_of, missing, wait_until
from tests.sockets import opened
from tests.visitors import Visitor

TASKS = 1_000
#: Tasks that the worker carries out at once.
CONCURRENCY = 10


@contextmanager
def copied(var: Path) -> Iterator[Path]:
    """Give a copy of a hub's state."""
    with servers.temporary_var() as copy:
        shutil.copytree(var, copy, dirs_exist_ok=True)
        yield copy


@pytest.fixture(scope="module")
def site(prepared_var: Path) -> Iterator[Path]:
    """The state of a hub of which nothing runs but the private Redis."""
    with copied(prepared_var) as var, servers.running_redis(var / "redis" / "redis.sock"):
        yield var


@pytest.fixture(scope="module")
def daphne(site: Path) -> Iterator[Server]:
    """The `daphne` command."""
    with stopped(Server(installed("daphne"), "-p", "0", "asgi:application", env=environment_of(site))) as server:
        yield server


@pytest.fixture(scope="module")
def demo(daphne: Server) -> Visitor:
    """Somebody who is logged in."""
    return Visitor(daphne.url).log_in("demo")


@pytest.fixture(scope="module")
def worker(site: Path) -> Iterator[Program]:
    """The `celery worker` command."""
    options = ("--loglevel=INFO", "--pool=gevent", "-Q", "default", f"--concurrency={CONCURRENCY}")
    with stopped(Program(installed("celery"), "-A", "hub", "worker", *options, env=environment_of(site))) as worker:
        worker.wait_for(r"celery@\S+ ready\.")
        yield worker


def manage(var: Path, *arguments: str, **env: str) -> str:
    """Run a management command that must succeed, and return what it prints."""
    done = servers.manage(environment_of(var, **env), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shell(var: Path, code: str) -> str:
    """Run code in `manage.py shell`, and return what it prints."""
    return manage(var, "shell", "--verbosity", "0", "--command", code)


def test_daphne_serves_pages_health_and_sockets(daphne: Server, demo: Visitor) -> None:
    health = demo.get("/health")
    assert (health.status, health.json["parts"]["dispatcher"]) == (200, "ok")
    with opened(daphne.url, "/ws/chat/lobby/", demo.token()) as socket:
        assert socket.hello()["user"] == "demo"
        body = socket.command("message.post", body="by daphne")["result"]["body"]
        event = socket.event("message.created")
        assert body == event["data"]["body"] == "by daphne"


def test_a_task_of_another_process_reaches_a_socket_through_the_gevent_worker(
    site: Path, daphne: Server, demo: Visitor, worker: Program
) -> None:
    with opened(daphne.url, "/ws/notifications/", demo.token()) as socket:
        socket.hello()
        shell(site, "from notifications.tasks import notify; notify.delay('demo', title='by a task', key='once')")
        event = socket.event("notification.created")
        assert event["data"]["notification"]["title"] == "by a task"
        # Sent again, as a broker may do: told once.
        shell(
            site,
            "from notifications.tasks import notify; notify.delay('demo', title='by a task', key='once'); "
            "notify.delay('demo', title='the next')",
        )
        following = socket.event("notification.created")
        assert following["data"]["notification"]["title"] == "the next"
        assert following["offset"] == event["offset"] + 1
    assert "Traceback" not in worker.output


def test_a_thousand_tasks_of_the_gevent_worker_keep_to_a_few_redis_connections(
    site: Path, daphne: Server, demo: Visitor, worker: Program
) -> None:
    client = redis.Redis(unix_socket_path=str(site / "redis" / "redis.sock"))
    send = (
        "from notifications.tasks import notify\nfor number in range({}): notify.delay('demo', title=f'{} {{number}}')"
    )
    with client, opened(daphne.url, "/ws/notifications/", demo.token()) as socket:
        socket.hello()
        before = len(client.client_list())
        shell(site, send.format(TASKS, "task"))
        counts, titles, offsets = [], set(), []
        for number in range(TASKS):
            event = socket.event("notification.created")
            titles.add(event["data"]["notification"]["title"])
            offsets.append(event["offset"])
            if number % 50 == 0:
                counts.append(len(client.client_list()))
        assert titles == {f"task {number}" for number in range(TASKS)}
        assert offsets == list(range(offsets[0], offsets[0] + TASKS))
        # At most one to announce and one for the broker for each task at once; and none for each task.
        assert max(counts) <= before + 2 * CONCURRENCY
        assert counts[-1] <= max(counts[:3]) + 2, counts
    assert "Traceback" not in worker.output


def test_a_task_that_cannot_be_done_is_said_so_and_the_worker_goes_on(site: Path, worker: Program) -> None:
    shell(site, "from notifications.tasks import notify; notify.delay('nobody', title='to nobody')")
    worker.wait_for(r"there is no active user 'nobody'")
    shell(site, "from chat.tasks import post_message; post_message.delay('demo', 'lobby', 'still at work')")
    wait_until(
        lambda: (
            "True"
            in shell(site, "from chat.models import *; print(Message.objects.filter(body='still at work').exists())")
        ),
        "the next task to be done",
        seconds=PATIENCE,
    )


def test_beat_starts_and_stops(site: Path, tmp_path: Path) -> None:
    # Elsewhere, since it writes its process id into the directory where it runs.
    env = environment_of(site, PYTHONPATH=str(ROOT))
    with stopped(
        Program(installed("celery"), "-A", "hub", "beat", "--loglevel", "INFO", env=env, cwd=tmp_path)
    ) as beat:
        beat.wait_for("beat: Starting")
        wait_until(lambda: any(site.glob("celerybeat-schedule*")), "its schedule to be kept in var", seconds=PATIENCE)
        assert beat.stop() == 0
    assert "Traceback" not in beat.output


def test_the_migrations_are_complete(site: Path) -> None:
    assert manage(site, "makemigrations", "--check") == "No changes detected\n"
    shown = manage(site, "showmigrations")
    assert "chat\n [X] 0001_initial" in shown
    assert "[ ]" not in shown


#: The tables with what people have put in, and with what the hub has made of it.
EVERYTHING = ("chat_%", "notifications_%", "auth_user%", "hub_%")


def rows(var: Path, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of the tables whose names are like these."""
    with closing(sqlite3.connect(var / "hubbub.sqlite3")) as database:
        like = " OR ".join(["name LIKE ?"] * len(tables))
        found = database.execute(f"SELECT name FROM sqlite_master WHERE type = 'table' AND ({like})", tables)
        return {name: database.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall() for (name,) in found}


def test_migrating_back_to_the_first_migration_and_forward_keeps_the_data(prepared_var: Path) -> None:
    with copied(prepared_var) as var:
        before = rows(var, *EVERYTHING)
        assert before["chat_message"]
        manage(var, "migrate", "chat", "0001")
        manage(var, "migrate")
        assert rows(var, *EVERYTHING) == before


def test_migrating_to_nothing_and_forward_again_leaves_a_hub_that_works(prepared_var: Path) -> None:
    with copied(prepared_var) as var:
        manage(var, "migrate", "chat", "zero")
        assert rows(var, "chat_%") == {}
        manage(var, "migrate")
        assert set(map(len, rows(var, "chat_%").values())) == {0}
        shell(
            var,
            "from chat.services import *; ann = User.objects.create_user('ann')\n"
            "message_post(ann, room_create(ann, slug='new', title='New'), 'hello')",
        )
        assert "hello" in rows(var, "chat_message")["chat_message"][0]


@pytest.fixture
def dump(prepared_var: Path, tmp_path: Path) -> Path:
    """A file with all rooms, messages, notifications and users."""
    path = tmp_path / "dump.json"
    manage(prepared_var, "dumpdata", "chat", "notifications", "auth.user", "--output", str(path))
    return path


def test_dumped_rows_loaded_into_an_empty_database_are_the_same_and_publish_nothing(
    prepared_var: Path, dump: Path
) -> None:
    with servers.temporary_var() as var, servers.running_redis(var / "redis" / "redis.sock"):
        manage(var, "migrate", "--no-input")
        with heard(var) as announced:
            manage(var, "loaddata", str(dump))
        assert announced == []
        for tables in (("chat_%",), ("notifications_%",), ("auth_user%",)):
            assert rows(var, *tables) == rows(prepared_var, *tables)
        assert set(map(len, rows(var, "hub_%").values())) == {0}, "no stream, and no event"


def test_dumped_rows_loaded_over_themselves_change_and_publish_nothing(prepared_var: Path, dump: Path) -> None:
    with copied(prepared_var) as var, servers.running_redis(var / "redis" / "redis.sock"):
        with heard(var) as announced:
            manage(var, "loaddata", str(dump))
        assert announced == []
        assert rows(var, *EVERYTHING) == rows(prepared_var, *EVERYTHING)


@contextmanager
def heard(var: Path) -> Iterator[list[Any]]:
    """Collect what is announced on the private Redis during the block."""
    heard: list[Any] = []
    with redis.Redis(unix_socket_path=str(var / "redis" / "redis.sock")) as client, client.pubsub() as listener:
        listener.psubscribe("*")
        assert listener.get_message(timeout=PATIENCE)["type"] == "psubscribe"
        yield heard
        # Whatever was announced before this comes before it.
        client.publish("end", "")
        while (message := listener.get_message(timeout=PATIENCE))["channel"] != b"end":
            heard.append(message)


def test_startapp_makes_an_application_that_works_beside_ours(prepared_var: Path, tmp_path: Path) -> None:
    for part in ("hub", "chat", "notifications", "examples", "manage.py", "asgi.py", "routing.py"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    (tmp_path / "own_settings.py").write_text(
        "from hub.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, 'something']\n"
    )

    def manage_copy(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        env = environment_of(prepared_var, **more)
        return subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    made = manage_copy("startapp", "something")
    assert (made.returncode, made.stderr) == (0, "")
    assert (tmp_path / "something" / "models.py").is_file()
    checked = manage_copy("check", DJANGO_SETTINGS_MODULE="own_settings")
    assert (checked.returncode, checked.stderr) == (0, "")
    again = manage_copy("startapp", "chat")
    assert again.returncode == 1, "a name that is taken is refused"


def test_django_admin_checks_the_project(site: Path) -> None:
    env = environment_of(site, DJANGO_SETTINGS_MODULE="hub.settings")
    done = subprocess.run(
        [installed("django-admin"), "check", "--pythonpath", str(ROOT)],
        cwd=site,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr


def test_debugsqlshell_shows_the_queries(site: Path) -> None:
    if importlib.util.find_spec("debug_toolbar") is None:
        missing("django-debug-toolbar (`make develop` installs it)")
    code = "from chat.models import Room; print(Room.objects.count())\n"
    done = subprocess.run(
        [sys.executable, "manage.py", "debugsqlshell", "--interface", "python", "--no-startup"],
        cwd=ROOT,
        env=environment_of(site, DEBUG="on"),
        input=code,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 'FROM "chat_room"' in done.stdout
    assert "2\n" in done.stdout
