"""More Celery workers beside the one of the hub, to be killed as often as one likes.

The hub lets a worker that dies again and again wait longer and longer; these are started anew at once.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.scene import Scene
from tests.servers import ROOT


class Workers:
    """Some workers of a hub.

    Arguments:
        scene: where.
        count: how many.
        log: file for what they say.
    """

    def __init__(self, scene: Scene, count: int, log: Path) -> None:
        self._env = scene.hub.env
        self._log = log
        self._started = 0
        self._running = [self._start() for _ in range(count)]
        #: How many were killed.
        self.kills = 0

    def kill_one(self) -> None:
        """SIGKILL the one that was started first, and start another."""
        self._running.append(self._start())
        self._end(self._running.pop(0))
        self.kills += 1

    @property
    def said(self) -> str:
        """What they have said so far."""
        return self._log.read_text(errors="replace")

    def end(self) -> None:
        """SIGKILL them all."""
        for process in self._running:
            self._end(process)

    def _start(self) -> subprocess.Popen[bytes]:
        options = ("--loglevel=INFO", "--pool=gevent", "-Q", "default", "--concurrency=10")
        alone = ("--without-gossip", "--without-mingle", "-n", f"more{self._started}@%h")
        command = (sys.executable, "-m", "celery", "--quiet", "-A", "hub", "worker", *options, *alone)
        self._started += 1
        with self._log.open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=log, stderr=log, start_new_session=True)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()


@contextmanager
def more_workers(scene: Scene, count: int) -> Iterator[Workers]:
    """Run more workers during the block."""
    workers = Workers(scene, count, scene.hub.var / "more-workers.log")
    try:
        yield workers
    finally:
        workers.end()
