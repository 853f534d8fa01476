"""Celery's clock, for a time of day that may be set back: no periodic task then waits until it is that late again."""

from typing import Any

from celery.beat import PersistentScheduler

#: Seconds by which the last run of a task may seem to be ahead without the clock having been set back.
TOLERANCE = 5.0


class Scheduler(PersistentScheduler):
    """The usual scheduler, which keeps the times of the last runs in a file.

    It waits until a time of day, and remembers when each task ran by one. After the clock is set back by an hour, both
    are ahead by an hour. Set forward, each task that is due by the new time runs once, at once.
    """

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due. Returns the seconds until it should be called again."""
        if self._was_set_back():
            self._forget_the_future()
        return super().tick(*args, **kwargs)

    def _was_set_back(self) -> bool:
        return any(self._is_ahead(entry) for entry in self.schedule.values())

    @staticmethod
    def _is_ahead(entry: Any) -> bool:
        return bool((entry.last_run_at - entry.default_now()).total_seconds() > TOLERANCE)

    def _forget_the_future(self) -> None:
        for entry in self.schedule.values():
            if self._is_ahead(entry):
                entry.last_run_at = entry.default_now()
        # What is waited for is worked out again.
        self._heap = None
