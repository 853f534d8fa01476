"""Puts load on a hub, and checks that every reader gets each message once and in order."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from clients.load.checker import Finding, Verdict, check, count
from clients.load.history import Head, History, Outcome, Posted, Seen
from clients.load.link import Server, request
from clients.load.reader import Habits, Reader
from clients.load.writer import Writer, post_at_rate

#: Readers that connect at the same time at the start.
AT_ONCE = 50
#: Seconds in which all readers have to be in at the start.
WELCOME_SECONDS = 60.0
#: Seconds between two looks at whether all are at the end.
POLL = 0.1


class NotStarted(Exception):
    """The load could not begin. Its text is a sentence."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What load to put on a hub."""

    server: Server
    rooms: int = 20
    readers: int = 100
    #: Messages a second, in all rooms together.
    rate: float = 50.0
    #: Seconds for which messages are posted.
    duration: float = 30.0
    #: Messages at most.
    most: int = 100_000
    #: Characters of each message.
    size: int = 100
    #: Shares of the readers, 0 to 1: those that are slow, and those that leave and come back at random.
    slow: float = 0.1
    wandering: float = 0.05
    #: Seconds that a slow reader lets pass between two messages.
    pause: float = 1.0
    #: Share of the rooms that are posted to by REST; the others by WebSockets.
    rest: float = 0.5
    #: Seconds that readers get at the end to come to the head, and writers to learn what became of their last message.
    heal: float = 30.0
    #: How many lives a stream has: 2 where the hub's database is put back to an older copy meanwhile.
    lives: int = 1
    #: What the random choices are made by.
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of it. Delays are in seconds, of readers that neither dawdle nor wander."""

    run: str
    seed: int
    #: Messages that succeeded, and those of which nobody knows, after all repetitions.
    events: int
    unknown: int
    readers: int
    deliveries: int
    #: How often each verdict was given, by its name.
    wrong: dict[str, int]
    worst_delay: float
    p99_delay: float
    slowest_post: float
    #: Attempts to post that failed, or whose outcome was not known, and were repeated; those that were refused.
    post_errors: int
    refused: list[str]
    reconnects: int
    #: Readers that were told that they cannot go on from where they stood, and had to load a snapshot.
    reloaded: int
    #: Connections that ended without the reader's doing, by close code; 1006 is an end without a word. Those of slow
    #: readers are left out: who reads no close frame in time is cut off.
    closes: dict[int, int]
    #: Seconds for which a steady reader was without a connection, at the longest.
    longest_silence: float
    #: Seconds from the last message until every reader was at the end.
    heal: float
    findings: list[Finding] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Deliveries that are missing."""
        return self._sum(Verdict.LOST, Verdict.HOLE, Verdict.STUCK)

    @property
    def doubled(self) -> int:
        """Deliveries that came twice."""
        return self._sum(Verdict.DUP)

    @property
    def out_of_order(self) -> int:
        """Deliveries in the wrong place."""
        return self._sum(Verdict.ORDER, Verdict.DIVERGE)

    @property
    def is_right(self) -> bool:
        """Whether something was posted, and nothing is wrong at all."""
        return self.events > 0 and not self.wrong and not self.refused

    def _sum(self, *verdicts: Verdict) -> int:
        return sum(self.wrong.get(verdict, 0) for verdict in verdicts)


class Load:
    """One run.

    Arguments:
        order: what to do.
        history: gets what happened.
        stop: set from outside, it ends the posting early; what follows is done all the same.
        say: told in a sentence what goes on.
    """

    def __init__(self, order: Order, history: History, stop: asyncio.Event, say: Callable[[str], None]) -> None:
        self._order = order
        self._history = history
        self._stop = stop
        self._say = say
        self.run_name = uuid.uuid4().hex[:8]
        self._slugs = [f"load-{self.run_name}-{number}" for number in range(order.rooms)]
        self._readers = self._make_readers()
        self._writers = [
            Writer(
                order.server,
                self.run_name,
                slug,
                over_rest=number < order.rest * order.rooms,
                size=order.size,
                history=history,
            )
            for number, slug in enumerate(self._slugs)
        ]

    def _make_readers(self) -> list[Reader]:
        order, chance = self._order, random.Random(self._order.seed)
        slow, wandering = round(order.readers * order.slow), round(order.readers * order.wandering)
        readers = []
        for number in range(order.readers):
            pause = order.pause if number < slow else 0.0
            habits = Habits(wanders=slow <= number < slow + wandering, pause=pause)
            slug = self._slugs[number % order.rooms]
            own = random.Random(chance.random())
            readers.append(Reader(order.server, f"reader-{number}", slug, self._history, habits, own))
        return readers

    async def run(self) -> Result:
        """Do it all, and return what came of it.

        Raises:
            NotStarted: the rooms could not be made, or the readers do not get in.
        """
        for slug in self._slugs:
            await self._make_room(slug)
        reading: list[asyncio.Task[None]] = []
        try:
            await self._start_reading(reading)
            self._say(f"{len(self._readers)} readers are in {len(self._slugs)} rooms; posting")
            await self._post()
            self._say("posting has ended; waiting for every reader to come to the end")
            healing = await self._settle()
        finally:
            for task in reading:
                task.cancel()
            ended = await asyncio.gather(*reading, return_exceptions=True)
        for problem in ended:
            if isinstance(problem, Exception):
                raise problem
        return self._judge(healing)

    async def _make_room(self, slug: str) -> None:
        try:
            status, answer = await request(
                self._order.server, "POST", "/api/v1/rooms/", {"slug": slug, "title": f"Load {slug}"}
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise NotStarted(f"expected a hub at {self._order.server.url}, got: {error}") from None
        if status != 201:
            raise NotStarted(f"expected to make the room {slug}, got HTTP {status}: {answer}")

    async def _start_reading(self, tasks: list[asyncio.Task[None]]) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + WELCOME_SECONDS
        for start in range(0, len(self._readers), AT_ONCE):
            part = self._readers[start : start + AT_ONCE]
            tasks += [asyncio.create_task(reader.run()) for reader in part]
            while not all(reader.welcomed for reader in part):
                if clock() > deadline or any(reader.refused for reader in part):
                    codes = Counter(code for reader in part for code in reader.codes)
                    raise NotStarted(f"expected all readers to get in, got the close codes {dict(codes)}")
                await asyncio.sleep(POLL)

    async def _post(self) -> None:
        order = self._order
        rate, most = order.rate / order.rooms, -(-order.most // order.rooms)
        clock = asyncio.get_running_loop()
        timer = clock.call_later(order.duration, self._stop.set)
        posting = (post_at_rate(writer, rate, most, self._stop, order.heal) for writer in self._writers)
        await asyncio.gather(*posting)
        timer.cancel()

    async def _settle(self) -> float:
        """Wait until every reader is at the end of its stream. Returns how many seconds that took."""
        clock = asyncio.get_running_loop().time
        began = clock()
        for reader in self._readers:
            reader.hurry()
        heads = {slug: await self._head(slug, began + self._order.heal) for slug in self._slugs}
        for head in heads.values():
            self._history.add(head)
        while clock() - began < self._order.heal:
            if all(_is_at(reader, heads[reader.slug]) for reader in self._readers):
                break
            await asyncio.sleep(POLL)
        return clock() - began

    async def _head(self, slug: str, deadline: float) -> Head:
        path = f"/api/v1/rooms/{slug}/messages/?limit=1"
        while True:
            try:
                status, answer = await request(self._order.server, "GET", path)
                match answer:
                    case {"position": {"epoch": str(epoch), "offset": int(offset)}} if status == 200:
                        return Head(f"chat:{slug}", epoch, offset)
            except (OSError, TimeoutError, ValueError):
                pass
            if asyncio.get_running_loop().time() > deadline:
                raise NotStarted(f"expected the hub to tell where {slug} ends, and it did not answer in time")
            await asyncio.sleep(POLL)

    def _judge(self, healing: float) -> Result:
        records, findings = self._history.records, check(self._history.records, lives=self._order.lives)
        posts = [record for record in records if isinstance(record, Posted)]
        done = {post.key for post in posts if post.outcome is Outcome.OK}
        unknown = {post.key for post in posts if post.outcome is Outcome.INFO} - done
        steady = {reader.name for reader in self._readers if reader.habits == Habits()}
        seen = [record for record in records if isinstance(record, Seen)]
        delays = sorted(record.t - record.at for record in seen if record.client in steady) or [0.0]
        return Result(
            run=self.run_name,
            seed=self._order.seed,
            events=len(done),
            unknown=len(unknown),
            readers=len(self._readers),
            deliveries=len(seen),
            wrong={str(verdict): times for verdict, times in count(findings).items()},
            worst_delay=delays[-1],
            p99_delay=delays[int(len(delays) * 0.99)] if len(delays) > 1 else delays[0],
            slowest_post=max(writer.slowest for writer in self._writers),
            post_errors=sum(writer.errors for writer in self._writers),
            refused=[sentence for writer in self._writers for sentence in writer.refused][:10],
            reconnects=sum(reader.reconnects for reader in self._readers),
            reloaded=sum(reader.told > 0 for reader in self._readers),
            closes=dict(Counter(code for reader in self._readers if not reader.habits.pause for code in reader.codes)),
            longest_silence=max((one.longest_silence for one in self._readers if one.name in steady), default=0.0),
            heal=healing,
            findings=findings[:20],
        )


def _is_at(reader: Reader, head: Head) -> bool:
    return reader.is_open and reader.epoch == head.epoch and reader.offset >= head.offset
