"""Asking every process, through a real Redis."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from pytest_django import Settings

from hub import announce, survey
from hub.announce import Doorbell
from hub.conf import conf
from hub.core.control import Question
from hub.core.errors import BadRequest
from hub.core.types import JSONObject, JSONValue
from hub.presence import PresenceUnknown
from hub.survey import Answer, Answers, CannotAsk, Replies, ask_all
from tests import servers
from tests.integration.hub.deployment import hearing

pytestmark = pytest.mark.usefixtures("redis_url")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many processes say that they live; to be set."""
    count = [0]
    monkeypatch.setattr(survey, "_registered", lambda: count[0])
    return count


async def asked(question: str, data: JSONValue = None, timeout: float = 60.0) -> Answers:
    return await asyncio.to_thread(ask_all, question, data, timeout)


def saying(who: str) -> Answer:
    """Return an answer that tells whose it is, and what was asked."""

    async def answer(data: JSONValue) -> JSONObject:
        return {"who": who, "asked": data}

    return answer


async def test_every_process_answers_once_and_nobody_is_waited_for_longer() -> None:
    async with hearing("one", "two", "three") as processes:
        for number, process in enumerate(processes):
            process.survey.answers("who", saying(f"p{number}"))
        # Far less than the sixty seconds that it may take.
        async with asyncio.timeout(30):
            answers = await asked("who", {"n": [2**80, "ü"]})
        assert answers.complete
        assert sorted(answer["who"] for answer in answers) == ["p0", "p1", "p2"]
        assert all(answer["asked"] == {"n": [2**80, "ü"]} for answer in answers)


async def test_many_questions_at_once_get_their_own_answers() -> None:
    async with hearing("one", "two") as processes:
        for process in processes:
            process.survey.answers("who", saying("p"))
        found = await asyncio.gather(*(asked("who", number) for number in range(6)))
        assert [[answer["asked"] for answer in answers] for answers in found] == [[n, n] for n in range(6)]
        assert all(answers.complete for answers in found)


async def test_a_process_that_does_not_answer_is_told_of_and_waited_for_no_longer_than_said() -> None:
    async def never(data: JSONValue) -> JSONObject:
        await asyncio.Event().wait()
        return {}

    async with hearing("one", "two") as (one, two):
        one.survey.answers("who", saying("one"))
        two.survey.answers("who", never)
        answers = await asked("who", timeout=1.0)
        assert [answer["who"] for answer in answers] == ["one"]
        assert (answers.complete, answers.expected) == (False, 2)


async def test_a_process_that_does_not_know_the_question_or_fails_says_so_at_once() -> None:
    async def failing(data: JSONValue) -> JSONObject:
        raise BadRequest("no") if data else RuntimeError("no")

    async with hearing("one", "two") as (one, two):
        one.survey.answers("who", saying("one"))
        async with asyncio.timeout(30):
            assert not (await asked("who")).complete
            two.survey.answers("who", failing)
            for data in ({}, {"a": 1}):
                answers = await asked("who", data)
                assert [answer["who"] for answer in answers] == ["one"]
                assert not answers.complete


async def test_a_process_that_lives_and_has_not_heard_makes_the_answers_partial(registered: list[int]) -> None:
    registered[0] = 2
    async with hearing("one") as (one,):
        one.survey.answers("who", saying("one"))
        async with asyncio.timeout(30):
            answers = await asked("who")
        assert (len(answers), answers.complete, answers.expected) == (1, False, 2)


async def test_nobody_answers_where_nobody_is() -> None:
    assert await asked("who") == []


async def test_an_answer_that_nobody_waits_for_is_not_kept_for_long(redis_url: str) -> None:
    key = f"{conf.LAYER_PREFIX}:survey:late"
    async with hearing("one") as (one,):
        one.survey.answers("who", saying("one"))
        announce.send_question(Question("late", "who", None))
        with redis.Redis.from_url(redis_url) as client:
            async with asyncio.timeout(60):
                while not client.exists(key):
                    await asyncio.sleep(0.01)
            assert 0 < client.pttl(key) <= 1_000 * survey.KEPT
            client.delete(key)


async def test_a_process_is_not_flooded_with_questions() -> None:
    begun = 0

    async def never(data: JSONValue) -> JSONObject:
        nonlocal begun
        begun += 1
        await asyncio.Event().wait()
        return {}

    async with hearing("one") as (one,):
        one.survey.answers("who", never)
        for number in range(3 * survey.AT_ONCE):
            one.survey.hear(Question(str(number), "who", None))
        await asyncio.sleep(0)
        assert begun == survey.AT_ONCE


@pytest.fixture
def own_redis(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[int]:
    """Ask through a Redis that the test may stop; give its process id."""
    with servers.temporary_var() as var, servers.running_redis(var / "redis.sock") as process:
        address = f"unix://{var}/redis.sock"
        doorbell, replies = Doorbell(address, timeout=0.5, pause=0.1), Replies(address, "test")
        monkeypatch.setattr(announce, "doorbell", lambda: doorbell)
        monkeypatch.setattr(survey, "_replies", lambda: replies)
        yield process.pid


def test_without_redis_nobody_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Doorbell(f"unix://{tmp_path}/none.sock", timeout=0.5, pause=1.0)
    monkeypatch.setattr(announce, "doorbell", lambda: away)
    with pytest.raises(CannotAsk) as failure:
        ask_all("who")
    assert (failure.value.code, failure.value.temporary) == (100, True)


def test_a_redis_that_stops_while_answers_are_waited_for_is_no_reason_to_wait_on(
    own_redis: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = announce.send_question

    def send_and_stop(question: Question) -> int | None:
        send(question)
        os.kill(own_redis, signal.SIGSTOP)
        # Somebody has heard, and will never be heard.
        return 1

    monkeypatch.setattr(announce, "send_question", send_and_stop)
    began = time.monotonic()
    try:
        with pytest.raises(CannotAsk):
            ask_all("who", timeout=60.0)
    finally:
        os.kill(own_redis, signal.SIGCONT)
    # The bound is what the test is about: twice half a second, not sixty.
    assert time.monotonic() - began < 30.0


def test_how_many_live_is_not_known_without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def processes(self) -> int:
            raise PresenceUnknown

    monkeypatch.undo()
    monkeypatch.setattr(survey, "presence_store", Away)
    assert survey._registered() == 0
