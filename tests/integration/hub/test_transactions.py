"""Whatever transactions publish at once, in threads and in processes: the log tells what was committed (P1, P2, P7).

Runs on SQLite and on PostgreSQL. `pytest --hypothesis-profile=thorough` tries many more.
"""

import itertools
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest
import redis
from channels.layers import get_channel_layer
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.core.events import decode_announcement
from hub.models import Event, Stream
from tests.programs import Program, stopped
from tests.threads import run_in_threads
from tests.transactions import Outcome, Transaction, Written, carry_out, outcome_from

pytestmark = [pytest.mark.django_db(transaction=True)]

#: Writers: each is a process of its own, or a thread of the tests'.
PROCESSES = 2
THREADS = 2

_numbers = itertools.count()

streams = st.sampled_from(["a", "b", "c"])
places = st.tuples(streams, st.none() | st.sampled_from(["k", "l"]))
publishes = places.map(lambda place: ("publish", *place))
leaves = st.one_of(
    publishes,
    publishes,
    st.tuples(st.just("many"), streams, st.integers(1, 3)),
    st.tuples(st.just("each"), st.lists(places, min_size=1, max_size=5)),
    st.tuples(st.just("hook"), st.sampled_from(["robust", "plain"])),
)
endings = st.sampled_from(["keep", "keep", "undo"])
steps = st.recursive(
    leaves,
    lambda inner: st.tuples(st.just("savepoint"), st.lists(inner, min_size=1, max_size=3), endings),
    max_leaves=4,
)
transactions = st.lists(
    st.tuples(st.sampled_from(["commit", "commit", "undo"]), st.lists(steps, min_size=1, max_size=4)),
    min_size=1,
    max_size=3,
)
plans = st.lists(transactions, min_size=2, max_size=PROCESSES + THREADS)
#: As many as the profile says of examples that are cheaper than these.
some = settings(
    max_examples=settings().max_examples // 4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def programs(django_db_setup: None, redis_url: str) -> Iterator[list[Program]]:
    """Processes that carry out transactions."""
    name = str(connection.settings_dict["NAME"])
    with ExitStack() as running:
        code = "import django, sys; django.setup(); from tests.transactions import serve; serve(sys.argv[1])"
        command = (sys.executable, "-c", code, name)
        yield [running.enter_context(stopped(Program(*command, env=os.environ))) for _ in range(PROCESSES)]


class Observer:
    """Reads a set of streams again and again while others write, and keeps what it saw amiss."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.looks = 0
        self.amiss: list[object] = []

    def __enter__(self) -> "Observer":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        seen: dict[str, int] = {}
        try:
            while not self._done.is_set():
                found = offsets_by_stream(self._prefix)
                for stream, offsets in found.items():
                    if offsets != list(range(1, len(offsets) + 1)) or len(offsets) < seen.get(stream, 0):
                        self.amiss.append((stream, offsets, seen))
                    seen[stream] = len(offsets)
                self.looks += 1
        except BaseException as error:
            self.amiss.append(error)
        finally:
            connection.close()


def offsets_by_stream(prefix: str) -> dict[str, list[int]]:
    """Return the offsets of each stream, all of one moment, in order."""
    rows = Event.objects.filter(stream__name__startswith=prefix).order_by("stream__name", "offset")
    pairs = rows.values_list("stream__name", "offset")
    return {name: [pair[1] for pair in group] for name, group in itertools.groupby(pairs, key=lambda pair: pair[0])}


class Ear:
    """Hears every announcement, beside the product."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._pubsub = self._client.pubsub()  # type: ignore[no-untyped-call]
        self._pubsub.psubscribe("hubbub__group__*")
        assert self._pubsub.get_message(timeout=5)["type"] == "psubscribe"

    def announced(self, prefix: str) -> Counter[tuple[str, int | None, str]]:
        """Return what was announced so far of streams whose names begin with a prefix."""
        self._client.publish("hubbub__group__end", b"end")
        found: Counter[tuple[str, int | None, str]] = Counter()
        while (message := self._pubsub.get_message(timeout=5))["data"] != b"end":
            told = decode_announcement(get_channel_layer().deserialize(message["data"]))
            assert told is not None
            if told.stream.startswith(prefix):
                found.update((told.stream, event.offset, event.data) for event in told.events)
        return found

    def close(self) -> None:
        self._pubsub.close()
        self._client.close()


@pytest.fixture
def ear(redis_url: str) -> Iterator[Ear]:
    with closing(Ear(redis_url)) as ear:
        yield ear


def placed(plan: object, prefix: str) -> list[list[Transaction]]:
    """Return a plan as lists, with its streams in a place of their own."""

    def place(step: list[object]) -> list[object]:
        match step:
            case ["publish" | "many" as kind, stream, argument]:
                return [kind, f"{prefix}{stream}", argument]
            case ["each", places]:
                return ["each", [[f"{prefix}{stream}", key] for stream, key in places]]  # type: ignore[attr-defined]
            case ["hold", names]:
                return ["hold", [f"{prefix}{name}" for name in names]]  # type: ignore[attr-defined]
            case ["savepoint", inner, ending]:
                return ["savepoint", list(map(place, inner)), ending]  # type: ignore[call-overload]
        return step

    plain = json.loads(json.dumps(plan))
    return [[[ending, list(map(place, steps))] for ending, steps in transactions] for transactions in plain]


def perform(plan: list[list[Transaction]], prefix: str, programs: list[Program]) -> list[Outcome]:
    """Carry out each list of transactions by a writer of its own, all at once; return all outcomes."""
    outcomes: list[Outcome] = []

    def write(number: int) -> None:
        name = f"{prefix}{number}"
        if number < len(programs):
            answer = json.loads(programs[number].ask(json.dumps([name, plan[number]])))
            assert isinstance(answer, list), answer
            outcomes.extend(map(outcome_from, answer))
        else:
            outcomes.extend(carry_out(plan[number], name))

    run_in_threads(len(plan), write)
    return outcomes


def kept(outcomes: list[Outcome]) -> list[Written]:
    return [written for outcome in outcomes if outcome.verdict == "committed" for written in outcome.written]


def check_log(prefix: str, outcomes: list[Outcome]) -> None:
    """Compare the log with what the writers were told."""
    rows = Event.objects.filter(stream__name__startswith=prefix).select_related("stream")
    log = {(row.stream.name, row.offset): row for row in rows}
    for name, offsets in offsets_by_stream(prefix).items():
        assert offsets == list(range(1, len(offsets) + 1))
        assert Stream.objects.get(name=name).head == len(offsets)
    # An event is there if and only if its transaction was committed.
    tags = [json.loads(row.data)["tag"] for row in rows]
    assert sorted(tags) == sorted(written.tag for written in kept(outcomes) if not written.repeated)
    for written in kept(outcomes):
        row = log[written.stream, written.offset]
        assert (row.stream.epoch, row.key) == (written.epoch, written.key)
        assert written.repeated or json.loads(row.data) == {"tag": written.tag}
    answers = {(written.stream, written.key, written.offset) for written in kept(outcomes) if written.key}
    assert len(answers) == len({answer[:2] for answer in answers})


def check_order(prefix: str, outcomes: list[Outcome]) -> None:
    """Compare the offsets with the order of the commits."""
    committed = [outcome for outcome in outcomes if outcome.verdict == "committed"]
    for first, second in itertools.permutations(committed, 2):
        if first.ended < second.began:
            for one, other in itertools.product(first.written, second.written):
                assert one.stream != other.stream or other.repeated or one.offset < other.offset
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, pg_xact_commit_timestamp(event.xmin) FROM hub_event event"
                " JOIN hub_stream stream ON stream.id = stream_id WHERE starts_with(name, %s)"
                " ORDER BY name, event.offset",
                [prefix],
            )
            by_offset = cursor.fetchall()
        assert by_offset == sorted(by_offset)


@some
@given(plan=plans)
def test_the_log_tells_what_was_committed_and_in_which_order(plan: object, programs: list[Program], ear: Ear) -> None:
    prefix = f"t:{next(_numbers)}."
    todo = placed(plan, prefix)
    with Observer(prefix) as observer:
        outcomes = perform(todo, prefix, programs)
    assert not observer.amiss and observer.looks
    check_log(prefix, outcomes)
    check_order(prefix, outcomes)
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    # Only PostgreSQL lets two transactions wait for each other; it breaks one of them off then.
    assert not verdicts["refused"] or connection.vendor == "postgresql"
    events = Event.objects.filter(stream__name__startswith=prefix).values_list("stream__name", "offset", "data")
    told = ear.announced(prefix)
    if '"plain"' in json.dumps(todo):
        # Such a hook that fails takes those after it along: readers hear of the events by the sweep.
        assert told <= Counter(events)
    else:
        assert told == Counter(events)


@some
@given(
    orders=st.lists(st.permutations(["a", "b", "c"]), min_size=2, max_size=PROCESSES + THREADS),
    key=st.none() | st.just("k"),
)
def test_transactions_that_hold_their_streams_first_never_wait_for_each_other(
    orders: list[list[str]], key: str | None, programs: list[Program]
) -> None:
    prefix = f"t:{next(_numbers)}."
    plan = [
        [["commit", [["hold", order], *(["publish", stream, key] for stream in order)]] for _ in range(3)]
        for order in orders
    ]
    outcomes = perform(placed(plan, prefix), prefix, programs)
    assert {outcome.verdict for outcome in outcomes} == {"committed"}
    check_log(prefix, outcomes)
    check_order(prefix, outcomes)


@some
@given(
    orders=st.lists(st.permutations(["a", "b", "c", "d"]), min_size=PROCESSES + THREADS, max_size=PROCESSES + THREADS),
    keys=st.lists(st.none() | st.sampled_from(["k", "l"]), min_size=4, max_size=4),
)
def test_transactions_that_publish_to_many_streams_at_once_never_wait_for_each_other(
    orders: list[list[str]], keys: list[str | None], programs: list[Program]
) -> None:
    prefix = f"t:{next(_numbers)}."
    # Streams come into being meanwhile, and each writer leaves out one of them.
    plan = [
        [["commit", [["each", list(zip(order, keys, strict=True))[number % 2 :]]]] for number in range(3)]
        for order in orders
    ]
    outcomes = perform(placed(plan, prefix), prefix, programs)
    assert {outcome.verdict for outcome in outcomes} == {"committed"}
    check_log(prefix, outcomes)
    check_order(prefix, outcomes)


@some
@given(writers=st.integers(2, PROCESSES + THREADS), ending=st.sampled_from(["commit", "undo"]))
def test_a_key_that_all_use_at_once_has_one_effect_and_one_answer(
    writers: int, ending: str, programs: list[Program]
) -> None:
    prefix = f"t:{next(_numbers)}."
    # The first writer may take its own back: then the key is free for the next.
    plan = [[[ending if number == 0 else "commit", [["publish", "a", "k"]]]] for number in range(writers)]
    outcomes = perform(placed(plan, prefix), prefix, programs)
    answers = kept(outcomes)
    assert len(answers) == (writers if ending == "commit" else writers - 1)
    assert {written.offset for written in answers} == {1}
    assert sum(not written.repeated for written in answers) == 1
    check_log(prefix, outcomes)


@pytest.mark.postgresql
def test_of_two_transactions_that_wait_for_each_other_one_is_broken_off_as_a_whole() -> None:
    met = threading.Barrier(2)
    prefix = f"t:{next(_numbers)}."
    outcomes: list[Outcome] = []

    def write(number: int, wait: Callable[[], object]) -> None:
        order = ["a", "b"] if number == 0 else ["b", "a"]
        steps = [["publish", f"{prefix}{stream}", None] for stream in order]
        outcomes.extend(carry_out([["commit", [steps[0], ["meet", wait], steps[1]]]], f"{prefix}{number}"))

    run_in_threads(2, lambda number: write(number, lambda: met.wait(timeout=10)))
    assert sorted(outcome.verdict for outcome in outcomes) == ["committed", "refused"]
    check_log(prefix, outcomes)
    # Done again, it succeeds.
    run_in_threads(1, lambda number: write(1, lambda: None))
    assert outcomes[-1].verdict == "committed"
    check_log(prefix, outcomes)
