"""The announcer: whoever announces by it does not wait for Redis, and nothing changes its order."""

import subprocess
import sys
import threading
import time

import pytest

from hub import announcer as announcer_module
from hub.announce import doorbell
from hub.announcer import Announcer
from hub.core.events import Announcement
from tests.servers import ROOT


class Redis:
    """Takes announcements, once it is allowed to."""

    def __init__(self) -> None:
        self.lots: list[list[int]] = []
        self.allowed = threading.Semaphore(0)
        self.failing = False

    def send_all(self, announcements: list[Announcement]) -> bool:
        assert self.allowed.acquire(timeout=60)
        if self.failing:
            self.failing = False
            raise ValueError("cannot be encoded")
        self.lots.append([one.head for one in announcements])
        return True


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Redis:
    """A Redis that answers when it is told to."""
    slow = Redis()
    monkeypatch.setattr(announcer_module, "send_all", slow.send_all)
    return slow


def told(*heads: int) -> list[Announcement]:
    return [Announcement("t:a", "e", head) for head in heads]


def sending(announcer: Announcer) -> None:
    """Wait until a lot is on its way."""
    end = time.monotonic() + 60
    while not announcer._sending:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_what_comes_while_redis_has_not_answered_goes_out_in_one_lot_and_in_order(redis: Redis) -> None:
    announcer = Announcer()
    announcer.put(told(1))
    sending(announcer)
    for head in range(2, 10):
        announcer.put(told(head))
    assert not announcer.flush(0.01)
    redis.allowed.release(2)
    assert announcer.flush(60)
    assert redis.lots == [[1], list(range(2, 10))]


def test_a_lot_that_fails_keeps_no_later_one_from_going_out(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    announcer = Announcer()
    redis.failing = True
    announcer.put(told(1))
    sending(announcer)
    announcer.put(told(2))
    redis.allowed.release(2)
    assert announcer.flush(60)
    assert redis.lots == [[2]]
    assert "announcements could not be sent" in caplog.text


def test_where_too_much_waits_the_oldest_are_let_go_and_counted(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcer_module, "MAX_WAITING", 3)
    failed = doorbell().failed
    announcer = Announcer()
    announcer.put(told(0))
    sending(announcer)
    announcer.put(told(1, 2, 3, 4, 5))
    redis.allowed.release(2)
    assert announcer.flush(60)
    assert redis.lots == [[0], [3, 4, 5]]
    assert doorbell().failed == failed + 2


def test_a_process_that_ends_says_first_what_it_has_to_say() -> None:
    script = (
        "import time\n"
        "from hub import announcer\n"
        "from hub.core.events import Announcement\n"
        "announcer.send_all = lambda told: (time.sleep(0.2), print(len(told), flush=True))\n"
        "announcer.announcer().put([Announcement('t:a', 'e', 1)])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("1\n", "")
