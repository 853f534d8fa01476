"""Commands that are under way at the same time: answered in order, and no more of them than are allowed."""

import asyncio

import pytest

from hub.pipeline import Pipeline


class Answers:
    """Answers, and what the server is told, in order."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.busy: list[bool] = []

    def answer(self, asked: str, outcome: asyncio.Future[str]) -> None:
        error = outcome.exception()
        self.given.append(f"{asked}: {outcome.result() if error is None else error}")


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def pipeline(answers: Answers) -> Pipeline[str, str]:
    """Takes two at a time."""
    return Pipeline(2, answers.answer, answers.busy.append)


def future() -> asyncio.Future[str]:
    return asyncio.get_running_loop().create_future()


async def settle() -> None:
    """Let everything happen that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_answers_are_given_in_the_order_of_the_questions(pipeline: Pipeline[str, str], answers: Answers) -> None:
    one, two = future(), future()
    pipeline.add("one", one)
    pipeline.add("two", two)
    two.set_exception(ValueError("no"))
    await settle()
    assert answers.given == []
    one.set_result("yes")
    await settle()
    assert answers.given == ["one: yes", "two: no"]


async def test_who_would_be_one_too_many_waits_for_room(pipeline: Pipeline[str, str]) -> None:
    one, two = future(), future()
    pipeline.add("one", one)
    await pipeline.room()
    pipeline.add("two", two)
    waiting = asyncio.create_task(pipeline.room())
    await settle()
    assert not waiting.done()
    # Its turn is not there yet.
    two.set_result("")
    await settle()
    assert not waiting.done()
    one.set_result("")
    await waiting


async def test_nothing_is_idle_before_everything_is_answered(pipeline: Pipeline[str, str], answers: Answers) -> None:
    await pipeline.idle()
    one, two = future(), future()
    pipeline.add("one", one)
    pipeline.add("two", two)
    waiting = asyncio.create_task(pipeline.idle())
    one.set_result("")
    await settle()
    assert not waiting.done()
    assert answers.busy == [True]
    two.set_result("")
    await waiting
    assert answers.busy == [True, False]
    assert answers.given == ["one: ", "two: "]


async def test_one_that_is_cancelled_is_not_answered_and_holds_up_nobody(
    pipeline: Pipeline[str, str], answers: Answers
) -> None:
    one, two = future(), future()
    pipeline.add("one", one)
    pipeline.add("two", two)
    two.set_result("yes")
    one.cancel()
    await pipeline.idle()
    assert answers.given == ["two: yes"]
