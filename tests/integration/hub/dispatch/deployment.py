"""Server processes, readers and writers in whatever order: a state machine that compares readers with the log (P3)."""

from dataclasses import dataclass, field
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction
from django.test import TestCase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub import log
from hub.conf import conf
from hub.core.events import Position
from hub.log import Draft
from hub.models import Event as EventRow
from hub.models import Stream, new_epoch
from hub.publish import publish_ephemeral, publish_many
from tests.integration.hub.dispatch.readers import Client, Process
from tests.integration.hub.dispatch.stepped_loop import SteppedLoop
from tests.integration.hub.dispatch.unruly_layer import Network

STREAMS = ("t:a", "t:b")
#: So small that pages, rings and outboxes are too small for a dozen events.
SMALL = {
    "HUBBUB_PAGE_SIZE": 4,
    "HUBBUB_PAGE_BYTES": 700,
    "HUBBUB_PAGE_CACHE_BYTES": 6_000,
    "HUBBUB_RING_SIZE": 5,
    "HUBBUB_RING_BYTES": 1_500,
    "HUBBUB_ANNOUNCEMENT_LIMIT": 200,
}
#: Seconds in which every reader is at the head, whatever happens to the layer: for a sweep of all, and some more for
#: subscriptions that get no answer.
PATIENCE = 10.0
MAX_CLIENTS = 6

SOME = st.sampled_from(STREAMS)
#: Characters of an event's data besides its number: beyond 200 they are not carried along by its announcement.
SIZES = st.sampled_from([0, 0, 0, 60, 300])


@dataclass
class Life:
    """One stream from its beginning, or from a backup, to the next backup."""

    epoch: str
    #: The number that each event carries, by offset; the first is 1.
    numbers: list[int] = field(default_factory=list)
    floor: int = 0


class Deployment(RuleBasedStateMachine):
    """What each reader has got is at any time a part of the log, from its position on, without holes or doubles."""

    network: Network
    loop: SteppedLoop

    def __init__(self) -> None:
        super().__init__()
        Stream.objects.all().delete()
        self.loop = SteppedLoop()
        type(self).network = self.network = Network(get_channel_layer(), conf.LAYER_PREFIX)
        self.lives: dict[tuple[str, str], Life] = {}
        #: The stream as it is now.
        self.now: dict[str, Life] = {}
        self.clients: list[Client] = []
        self.numbers = 0
        for stream in STREAMS:
            self._begin_life(stream, [])
        self.processes = [Process(self.loop, self.network) for _ in range(2)]
        self.loop.let_pass(0.5)

    @initialize(counts=st.tuples(*(st.integers(0, 12) for _ in STREAMS)))
    def begin(self, counts: tuple[int, ...]) -> None:
        """Write what is there before anybody reads."""
        for stream, count in zip(STREAMS, counts, strict=True):
            self._write(stream, [0] * count, announced=False)

    # Writers

    @rule(stream=SOME, sizes=st.lists(SIZES, min_size=1, max_size=4))
    def publish(self, stream: str, sizes: list[int]) -> None:
        """Commit events with one announcement."""
        self._write(stream, sizes, announced=True)

    @rule(stream=SOME, sizes=st.lists(SIZES, min_size=1, max_size=4))
    def die_between_commit_and_announcement(self, stream: str, sizes: list[int]) -> None:
        """Commit events that nobody is told of."""
        self._write(stream, sizes, announced=False)

    @rule(stream=SOME)
    def publish_what_is_not_kept(self, stream: str) -> None:
        """Publish an ephemeral event."""
        publish_ephemeral(stream, "typing", {})
        self.loop.come_to_rest()

    @rule(stream=SOME, kept=st.integers(0, 6))
    def trim(self, stream: str, kept: int) -> None:
        """Keep the last events only."""
        life = self.now[stream]
        life.floor = max(life.floor, len(life.numbers) - kept)
        EventRow.objects.filter(stream__name=stream, offset__lte=life.floor).delete()
        Stream.objects.filter(name=stream).update(floor=life.floor)

    @rule(stream=SOME, lost=st.integers(0, 4))
    def restore_a_backup(self, stream: str, lost: int) -> None:
        """Lose the last events, and give their offsets out again in another epoch."""
        before = self.now[stream]
        head = max(before.floor, len(before.numbers) - lost)
        EventRow.objects.filter(stream__name=stream, offset__gt=head).delete()
        Stream.objects.filter(name=stream).update(head=head)
        self._begin_life(stream, before.numbers[:head], before.floor)

    # The layer

    @rule(prompt=st.booleans())
    def hurry_or_delay(self, prompt: bool) -> None:
        """Have announcements arrive at once from now on, or when it pleases the machine."""
        self.network.prompt = prompt

    @precondition(lambda self: self.network.on_the_way)
    @rule(data=st.data(), fate=st.sampled_from(["arrives", "arrives and is doubled", "is lost"]))
    def one_announcement(self, data: st.DataObject, fate: str) -> None:
        """Decide about any one message that is on its way."""
        index = data.draw(st.integers(0, len(self.network.on_the_way) - 1))
        if fate == "is lost":
            del self.network.on_the_way[index]
        else:
            self.network.carry(index, again=fate.endswith("doubled"))
        self.loop.come_to_rest()

    @rule(arrives=st.booleans())
    def all_announcements(self, arrives: bool) -> None:
        """Let everything arrive, or lose it."""
        if arrives:
            self.network.carry_all()
        self.network.on_the_way.clear()
        self.loop.come_to_rest()

    @rule(cut=st.booleans())
    def cut_or_mend(self, cut: bool) -> None:
        """Take Redis away, or bring it back."""
        self.network.cut = cut
        if cut:
            self.network.on_the_way.clear()

    @rule(index=st.integers(0, 1))
    def go_silent(self, index: int) -> None:
        """Let a process hear nothing more, without a word."""
        self.processes[index].layer.deaf = True

    # The database and time

    @rule(prompt=st.booleans())
    def database_is_quick_or_slow(self, prompt: bool) -> None:
        """Have the database answer at once from now on, or when it pleases the machine."""
        self.loop.prompt = prompt

    @precondition(lambda self: self.loop.works)
    @rule(data=st.data(), answers=st.booleans())
    def database_works(self, data: st.DataObject, answers: bool) -> None:
        """Do any one piece of its work; the answer comes now, or is kept back and grows old."""
        index = data.draw(st.integers(0, len(self.loop.works) - 1))
        if answers:
            self.loop.works.pop(index).answer()
        else:
            self.loop.works[index].do()
        self.loop.come_to_rest()

    @rule()
    def database_answers_all(self) -> None:
        """Do all of its work."""
        self.loop.answer_all()

    @rule(seconds=st.sampled_from([0.5, 1.0, 1.0, 6.0, 16.0]))
    def time_passes(self, seconds: float) -> None:
        """Let sweeps come, and time-outs."""
        self.loop.let_pass(seconds)

    @rule(index=st.integers(0, 1), streams=st.sets(SOME, min_size=1))
    def sweep(self, index: int, streams: set[str]) -> None:
        """Sweep out of turn."""
        work = self.processes[index].dispatcher.sweep(sorted(streams))
        task = self.loop.create_task(work)
        # Where the database does not answer in time, nothing was swept.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.loop.come_to_rest()

    @rule(index=st.integers(0, 1))
    def kill(self, index: int) -> None:
        """Kill a process, and start another in its place."""
        process = self.processes[index]
        for client in [client for client in self.clients if client.process is process]:
            self._leave(client)
        process.end()
        self.processes[index] = Process(self.loop, self.network)
        self.loop.come_to_rest()

    # Readers

    @precondition(lambda self: len(self.clients) < MAX_CLIENTS)
    @rule(stream=SOME, index=st.integers(0, 1), room=st.sampled_from([200, 600, 100_000]))
    def join_at_the_end(self, stream: str, index: int, room: int) -> None:
        """Read what comes from now on."""
        self._join(index, stream, None, room)

    @precondition(lambda self: len(self.clients) < MAX_CLIENTS)
    @rule(
        stream=SOME,
        index=st.integers(0, 1),
        room=st.sampled_from([200, 600, 100_000]),
        offset=st.integers(0, 30),
        epoch=st.sampled_from(["", "this", "another"]),
    )
    def join_with_a_position(self, stream: str, index: int, room: int, offset: int, epoch: str) -> None:
        """Read on from any position."""
        epoch = self.now[stream].epoch if epoch == "this" else epoch
        self._join(index, stream, Position(epoch, offset), room)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), index=st.integers(0, 1), room=st.sampled_from([200, 100_000]))
    def come_back(self, data: st.DataObject, index: int, room: int) -> None:
        """Drop a connection, and resume where it was, at whatever process."""
        client = data.draw(st.sampled_from(self.clients))
        self._leave(client)
        if client.joined is not None:
            self._join(index, client.stream, client.position, room)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """Drop a connection."""
        self._leave(data.draw(st.sampled_from(self.clients)))

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), messages=st.sampled_from([0, 1, 3, None]))
    def stall_or_read_on(self, data: st.DataObject, messages: int | None) -> None:
        """Let a client take nothing, some messages, or everything."""
        client = data.draw(st.sampled_from(self.clients))
        if messages == 0:
            client.stall()
        else:
            client.read_on(messages)
        self.loop.come_to_rest()

    # What must hold

    @invariant()
    def each_reader_has_a_part_of_the_log(self) -> None:
        """Compare all that came with the log of that life: contiguous, each once, in order."""
        for client in self.clients:
            assert client.failure is None, client.failure
            if client.joined is None:
                continue
            start = client.joined.position
            numbers = self.lives[client.stream, start.epoch].numbers
            part = numbers[start.offset : start.offset + len(client.got)]
            expected = list(enumerate(part, start.offset + 1))
            assert client.got == expected, f"{client.stream} from {start}: got {client.got}, expected {expected}"

    @invariant()
    def each_reader_begins_where_it_asked_to(self) -> None:
        """Compare where readers stand with the positions that they came with."""
        for client in self.clients:
            if client.joined is None or client.since is None or not client.joined.recovered:
                continue
            position, since = client.joined.position, client.since
            floor = self.lives[client.stream, position.epoch].floor
            from_beginning = not (since.epoch or since.offset) and position.offset <= floor
            there = position.offset == since.offset or from_beginning
            assert there and since.epoch in ("", position.epoch), f"expected to begin at {since}, not {position}"

    @rule()
    def settle(self) -> None:
        """Give the database, and the sweep, the time that they need: everyone who reads is at the head."""
        self.loop.prompt = True
        self.loop.answer_all()
        self.network.carry_all()
        self.loop.let_pass(PATIENCE)
        for client in self.clients:
            if client.ended == "reset":
                self._check_reset(client)
            elif not client.ended and not client.stalled:
                life = self.now[client.stream]
                head = Position(life.epoch, len(life.numbers))
                assert client.joined is not None, f"a reader of {client.stream} waits for ever"
                assert client.position == head, f"a reader of {client.stream} is stuck at {client.position}, not {head}"
        self.each_reader_has_a_part_of_the_log()

    def teardown(self) -> None:
        """Let everybody read on, and settle; a newcomer at each process stands where the log ends."""
        try:
            for client in self.clients:
                client.read_on()
            for index in range(2):
                for stream in STREAMS:
                    self._join(index, stream, None, 100_000)
            self.settle()
        finally:
            self._end()

    def _check_reset(self, client: Client) -> None:
        """A reader may be sent for a snapshot only when what it stood at is no more."""
        life = self.now[client.stream]
        position = client.position
        assert position.epoch != life.epoch or position.offset < life.floor, f"sent away from {position} for nothing"

    def _join(self, index: int, stream: str, since: Position | None, room: int) -> None:
        # The second process is run by a server that takes messages only, no frames.
        client = Client(self.loop, self.processes[index], stream, since, room, takes_frames=index == 0)
        self.clients.append(client)
        self.loop.come_to_rest()

    def _leave(self, client: Client) -> None:
        client.leave()
        self.clients.remove(client)
        self.loop.come_to_rest()

    def _write(self, stream: str, sizes: list[int], *, announced: bool) -> None:
        drafts = [Draft("numbered", self._next(size)) for size in sizes]
        self.now[stream].numbers += [draft.data["n"] for draft in drafts]  # type: ignore[index]
        if announced:
            with TestCase.captureOnCommitCallbacks(execute=True):
                publish_many(stream, drafts)
        else:
            with transaction.atomic():
                log.append(stream, drafts)
        self.loop.come_to_rest()

    def _next(self, size: int) -> dict[str, Any]:
        self.numbers += 1
        return {"n": self.numbers, "x": "x" * size}

    def _begin_life(self, stream: str, numbers: list[int], floor: int = 0) -> None:
        log.open_stream(stream)
        epoch = new_epoch()
        Stream.objects.filter(name=stream).update(epoch=epoch)
        self.now[stream] = self.lives[stream, epoch] = Life(epoch, list(numbers), floor)

    def _end(self) -> None:
        self.loop.prompt = True
        for client in list(self.clients):
            self._leave(client)
        for process in self.processes:
            process.end()
        self.loop.answer_all()
        self.loop.come_to_rest()
        self.loop.close()
