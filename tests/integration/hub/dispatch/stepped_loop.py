"""An event loop whose time passes, and whose database answers, only when a test says so: every order can be tried."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

#: Rounds of the loop in which everything has to come to rest.
MAX_ROUNDS = 20_000
#: Seconds by which time moves on.
STEP = 0.5


class Work:
    """A piece of database work: first it is done, later its outcome becomes known.

    Arguments:
        work: what to do.
        outcome: what its asker waits for.
    """

    def __init__(self, work: Callable[[], Any], outcome: "asyncio.Future[Any]") -> None:
        self.done = False
        self._work = work
        self._outcome = outcome
        self._tell: Callable[[], None]

    def do(self) -> None:
        """Do it, if it is not done yet. Its asker hears of nothing."""
        if self.done:
            return
        self.done = True
        try:
            result = self._work()
        except Exception as error:
            self._keep(self._outcome.set_exception, error)
        else:
            self._keep(self._outcome.set_result, result)

    def answer(self) -> None:
        """Let its asker know the outcome, if there still is one."""
        self.do()
        if not self._outcome.done():
            self._tell()

    def _keep(self, setter: Callable[[Any], None], value: Any) -> None:
        self._tell = lambda: setter(value)


class SteppedLoop(asyncio.SelectorEventLoop):
    """Runs one round at a time, in one thread. Work for threads becomes a list that the test works off."""

    def __init__(self) -> None:
        # Before the base class, which asks for both.
        self._now = 0.0
        self._scheduled_now = 0
        super().__init__()
        #: Whether the database answers at once; else its work is kept in `works`.
        self.prompt = True
        #: Database work that has no answer yet, in the order in which it was asked for.
        self.works: list[Work] = []

    def time(self) -> float:
        """Return the seconds that have passed."""
        return self._now

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Have something called in the next round."""
        self._scheduled_now += 1
        return super().call_soon(callback, *args, context=context)

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> "asyncio.Future[T]":
        """Take work for a thread. What is not for the hub's own executor is done at once."""
        outcome: asyncio.Future[T] = self.create_future()
        work = Work(lambda: func(*args), outcome)
        if executor is None:
            # Never in the same breath, which no thread can do either.
            self.call_soon(work.answer)
        else:
            self.works.append(work)
        return outcome

    def come_to_rest(self) -> None:
        """Run until there is nothing to do at this moment.

        Raises:
            AssertionError: that does not come about.
        """
        self._run_all()
        if self.prompt:
            self.answer_all()

    def answer_all(self) -> None:
        """Do all database work, and let everybody know."""
        for _ in range(MAX_ROUNDS):
            if not self.works:
                return
            # Outside of the running loop, where Django refuses to touch a database.
            self.works.pop(0).answer()
            self._run_all()
        raise AssertionError("what runs here asks the database for ever")

    def _run_all(self) -> None:
        for _ in range(MAX_ROUNDS):
            before = self._scheduled_now
            self.call_soon(self.stop)
            self.run_forever()
            if self._scheduled_now == before + 1:
                return
        raise AssertionError("what runs here never comes to rest")

    def let_pass(self, seconds: float) -> None:
        """Let time pass, in steps."""
        self.come_to_rest()
        for _ in range(round(seconds / STEP)):
            self._now += STEP
            self.come_to_rest()
