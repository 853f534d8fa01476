"""What processes use: processor time, and memory."""

import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Used:
    """What was used in some time."""

    #: Seconds of the clock, and of the processor.
    seconds: float
    processor: float

    @property
    def share(self) -> float:
        """The share of one core, in percent."""
        return 100 * self.processor / self.seconds if self.seconds else 0.0

    def __sub__(self, before: "Used") -> "Used":
        return Used(self.seconds - before.seconds, self.processor - before.processor)


class Usage:
    """Reads what a process uses.

    Arguments:
        process_id: of the process; its children are not counted.
    """

    def __init__(self, process_id: int) -> None:
        self._process = psutil.Process(process_id)

    @classmethod
    def own(cls) -> "Usage":
        """Return that of this process."""
        return cls(psutil.Process().pid)

    def now(self) -> Used:
        """Return what it has used so far."""
        times = self._process.cpu_times()
        return Used(time.monotonic(), times.user + times.system)

    def memory(self) -> int:
        """Return the bytes of memory that are its own or shared with others (resident set size)."""
        return int(self._process.memory_info().rss)
