"""Asking every server process, and gathering what they answer: what only they know, since it is in their memory.

The question goes out over the channel layer, like all that processes tell each other. The answers come back through a
list in Redis, which whoever asks waits at, and which expires by itself.
"""

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub import announce
from hub.background import Background
from hub.conf import conf, redis_url
from hub.core.control import Question
from hub.core.errors import HubError, InternalError
from hub.core.json import encode_json
from hub.core.types import JSONObject, JSONValue
from hub.presence import PresenceUnknown, presence_store

logger = logging.getLogger(__name__)

#: Connections of one process to Redis for asking: each is kept while somebody waits.
MAX_CONNECTIONS = 16
#: Seconds for which answers are kept that nobody has waited for.
KEPT = 10.0
#: Questions that a process answers at the same time; it is silent on those beyond.
AT_ONCE = 20

#: Answers a question on the event loop, given its data.
Answer = Callable[[JSONValue], Awaitable[JSONObject]]


class CannotAsk(InternalError):
    """Redis does not answer, so that nobody can be asked, or heard."""

    default_message = "the server processes cannot be asked just now; try again"


class Answers(list[JSONObject]):
    """What was answered: one object for each process that has answered in time.

    Arguments:
        answers: they.
        expected: how many processes there are, as far as is known.
    """

    def __init__(self, answers: list[JSONObject], expected: int) -> None:
        super().__init__(answers)
        self.expected = expected

    @property
    def complete(self) -> bool:
        """Whether every process has answered."""
        return len(self) >= self.expected


def ask_all(question: str, data: JSONValue = None, timeout: float = 1.0) -> Answers:
    """Ask every server process, from synchronous code.

    Arguments:
        question: its name; processes answer those that `Answering.answers` was called for.
        data: more of it, JSON.
        timeout: seconds to wait for the last answer; to notice that Redis is away may take `HUBBUB_REDIS_TIMEOUT` more.
    Returns:
        The answers that came in time, in no order; `complete` says whether some process has not answered.
    Raises:
        CannotAsk: Redis does not answer.
        BadRequest: the data is no JSON.
    """
    deadline = time.monotonic() + timeout
    asked = Question(uuid.uuid4().hex, question, data)
    heard = announce.send_question(asked)
    if heard is None:
        raise CannotAsk
    found = _replies().gather(asked.id, heard, deadline)
    # A process that is cut off has not heard the question, but says that it lives: those few are not waited for.
    answers = Answers([one["answer"] for one in found if "answer" in one], max(heard, _registered()))
    if not answers.complete:
        logger.warning(
            "%d of %d server processes have answered %r",
            len(answers),
            answers.expected,
            question,
            extra={"action": "survey_partial"},
        )
    return answers


def _registered() -> int:
    try:
        return presence_store().processes()
    except PresenceUnknown:
        return 0


class Answering:
    """A server process's side: it answers what it is asked, by name."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}
        self._background = Background()
        self._under_way = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hub-survey")
        # Of its own, so that no answer waits for those who wait for answers.
        self._replies = Replies(redis_url(), conf.LAYER_PREFIX, connections=1)

    def answers(self, question: str, answer: Answer) -> None:
        """Have questions of a name answered.

        Arguments:
            answer: called on the event loop with the question's data; returns JSON. That it raises is told to whoever
                asks only as a missing answer.
        """
        self._answers[question] = answer

    def hear(self, question: Question) -> None:
        """Begin to answer a question; never waits."""
        if self._under_way < AT_ONCE:
            self._under_way += 1
            self._background.spawn(self._reply(question), "hub-survey")

    async def stop(self) -> None:
        """End what is being answered."""
        await self._background.stop()
        self._thread.shutdown(wait=False)
        self._replies.close()

    async def _reply(self, question: Question) -> None:
        try:
            reply = await self._answer(question)
            await asyncio.get_running_loop().run_in_executor(self._thread, self._replies.put, question.id, reply)
        except redis.RedisError as error:
            logger.warning("an answer could not be given: %s", error, extra={"action": "survey_failed"})
        finally:
            self._under_way -= 1

    async def _answer(self, question: Question) -> JSONObject:
        answer = self._answers.get(question.name)
        if answer is None:
            # Of a newer version: it must not be waited for.
            return {"error": "unknown"}
        try:
            return {"answer": await answer(question.data)}
        except HubError as error:
            return {"error": error.message}
        except Exception:
            logger.exception("a question could not be answered", extra={"action": "survey_failed"})
            return {"error": "failed"}


class Replies:
    """The lists in Redis that answers are put into.

    Arguments:
        url: address of the Redis.
        prefix: of all keys.
        connections: to Redis, at most.
    """

    def __init__(self, url: str, prefix: str, connections: int = MAX_CONNECTIONS) -> None:
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=conf.REDIS_TIMEOUT,
            socket_timeout=conf.REDIS_TIMEOUT,
            socket_connect_timeout=conf.REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        self._client = redis.Redis(connection_pool=pool)
        self._prefix = f"{prefix}:survey:"

    def put(self, question: str, reply: JSONObject) -> None:
        """Put in a reply to a question.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        key = self._prefix + question
        with self._client.pipeline() as pipeline:
            pipeline.rpush(key, encode_json(reply))
            pipeline.pexpire(key, round(KEPT * 1_000))
            pipeline.execute()

    def gather(self, question: str, count: int, deadline: float) -> list[JSONObject]:
        """Wait for replies to a question.

        Arguments:
            count: how many are waited for.
            deadline: until when, in seconds of `time.monotonic`.
        Raises:
            CannotAsk: Redis does not answer.
        """
        found: list[JSONObject] = []
        try:
            while len(found) < count and (left := deadline - time.monotonic()) > 0:
                # Redis keeps it waiting for less time than the connection may.
                popped = self._client.blpop([self._prefix + question], timeout=min(left, conf.REDIS_TIMEOUT / 2))
                if popped is not None:
                    found.append(json.loads(popped[1]))
        except (redis.RedisError, OSError) as error:
            logger.warning("server processes cannot be asked: %s", error, extra={"action": "survey_failed"})
            raise CannotAsk from error
        return found

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@lru_cache(maxsize=1)
def _replies() -> Replies:
    return Replies(redis_url(), conf.LAYER_PREFIX)
