"""Judges a history: was anything lost, doubled, misplaced, made up, or shown to whom it was not for? Pure.

A post whose outcome is not known (`info`) may appear once or not at all. Time is only looked at for memberships, and
for what ended with a former life of its stream.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from clients.load.history import Closed, Head, Loaded, Member, Opened, Outcome, Posted, Record, Seen
from clients.load.lives import Lives, Step, Wrong, let_on, sent_back

#: Seconds that a reader may go on seeing after its membership ended, where nothing else is said.
GRACE = 30.0


class Verdict(StrEnum):
    """What can be wrong."""

    #: A post that succeeded was not seen by a reader that it was due to.
    LOST = "lost"
    #: A reader saw a post, or an offset, twice.
    DUP = "dup"
    #: Within one connection, an offset came after a higher one.
    ORDER = "order"
    #: A reader saw events around an offset, never the one itself.
    HOLE = "hole"
    #: Two events were shown under one offset.
    DIVERGE = "diverge"
    #: A post was seen that had been refused, or was never made.
    PHANTOM = "phantom"
    #: A reader saw what it had no right to any more.
    LEAK = "leak"
    #: A reader whose connection is open did not get to the end of its stream.
    STUCK = "stuck"
    #: A reader was told that its position is kept no longer, and nothing had taken it away.
    RESET = "reset"
    #: An event of one life of a stream was shown, or a reader let go on, as if it were of another.
    MIXED = "mixed"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    verdict: Verdict
    stream: str
    client: str
    detail: str


@dataclass
class _Reading:
    """All that one client had of one stream."""

    client: str
    stream: str
    opened: list[Opened] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    #: What it was told of where it stands, in order.
    steps: list[Step] = field(default_factory=list)
    closed: dict[int, Closed] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)

    @property
    def loaded(self) -> list[Loaded]:
        """The snapshots that it loaded."""
        return [step for step in self.steps if isinstance(step, Loaded)]


def check(records: Sequence[Record], *, grace: float = GRACE, lives: int = 1) -> list[Finding]:
    """Return everything that is wrong with a history that has ended, in the order of the verdicts.

    Arguments:
        grace: seconds that a reader may go on seeing after its membership ended.
        lives: how many lives a stream has had at most: 2 where its log was put back to an older copy.
    """
    by_stream = _lives(records)
    posts = _outcomes(records)
    heads = {record.stream: record for record in records if isinstance(record, Head)}
    readings = _readings(records)
    findings = [*_diverge(records), *_mixed(by_stream)]
    for reading in readings:
        own = by_stream[reading.stream]
        findings += _lost(reading, posts, own)
        findings += _dup(reading)
        findings += _order(reading)
        findings += _hole(reading)
        findings += _phantom(reading, posts)
        findings += _leak(reading, grace)
        findings += _stuck(reading, heads)
        findings += _find(Verdict.RESET, reading.stream, sent_back(reading.steps, own, lives))
        findings += _find(Verdict.MIXED, reading.stream, let_on(reading.steps))
    order = list(Verdict)
    return sorted(findings, key=lambda finding: order.index(finding.verdict))


def count(findings: Iterable[Finding]) -> Counter[Verdict]:
    """Return how often each verdict was given."""
    return Counter(finding.verdict for finding in findings)


def _lives(records: Iterable[Record]) -> dict[str, Lives]:
    by_stream: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_stream[record.stream].append(record)
    return {stream: Lives(own) for stream, own in by_stream.items()}


def _find(verdict: Verdict, stream: str, wrong: Iterable[Wrong]) -> Iterator[Finding]:
    return (Finding(verdict, stream, client, detail) for client, detail in wrong)


def _mixed(lives: dict[str, Lives]) -> Iterator[Finding]:
    for stream, own in lives.items():
        yield from _find(Verdict.MIXED, stream, own.mixed())


@dataclass(frozen=True)
class _Post:
    stream: str
    run: str
    outcome: Outcome
    #: When it was known to have succeeded; 0 where it was not.
    t: float
    began: float


def _outcomes(records: Iterable[Record]) -> dict[str, _Post]:
    """Return each post by its key; attempts with one key are one post."""
    attempts: defaultdict[str, list[Posted]] = defaultdict(list)
    for record in records:
        if isinstance(record, Posted):
            attempts[record.key].append(record)
    return {key: _outcome(own) for key, own in attempts.items()}


def _outcome(attempts: list[Posted]) -> _Post:
    first, outcomes = attempts[0], Counter(attempt.outcome for attempt in attempts)
    succeeded = next((attempt.t for attempt in attempts if attempt.outcome is Outcome.OK), 0.0)
    if outcomes[Outcome.OK]:
        outcome = Outcome.OK
    # An attempt that nobody answered may still have had its effect, whatever was said of another one.
    elif outcomes[Outcome.INFO] or not outcomes[Outcome.FAIL] or outcomes[Outcome.INVOKE] > outcomes[Outcome.FAIL]:
        outcome = Outcome.INFO
    else:
        outcome = Outcome.FAIL
    return _Post(first.stream, first.run, outcome, succeeded, first.t)


def _readings(records: Iterable[Record]) -> list[_Reading]:
    readings: dict[tuple[str, str], _Reading] = {}
    for record in records:
        if isinstance(record, Posted | Head):
            continue
        reading = readings.setdefault((record.client, record.stream), _Reading(record.client, record.stream))
        match record:
            case Opened():
                reading.opened.append(record)
                reading.steps.append(record)
            case Loaded():
                reading.steps.append(record)
            case Seen():
                reading.seen.append(record)
            case Closed():
                reading.closed[record.session] = record
            case Member():
                reading.members.append(record)
    return list(readings.values())


def _lost(reading: _Reading, posts: dict[str, _Post], lives: Lives) -> Iterator[Finding]:
    if not reading.opened:
        # It never got in: it is due nothing, and `_stuck` says so where it should have.
        return
    had = {event.key for event in reading.seen}.union(*(loaded.keys for loaded in reading.loaded))
    first = reading.opened[0]
    for key, post in posts.items():
        due = post.stream == reading.stream and post.outcome is Outcome.OK and _is_due(reading, first, post)
        if due and key not in had and not lives.ended_with(key, post.t):
            yield Finding(Verdict.LOST, reading.stream, reading.client, f"post {key} succeeded and was not seen")


def _is_due(reading: _Reading, first: Opened, post: _Post) -> bool:
    # Who began at the start of the stream is due all of it; others, what began after they came.
    if first.offset and post.began < first.t:
        return False
    if not reading.members:
        return True
    return any(
        member.since <= post.began and (member.until is None or post.t < member.until) for member in reading.members
    )


def _dup(reading: _Reading) -> Iterator[Finding]:
    # A post that ended with one life may be made again, with its key, in the next.
    keys = Counter((event.epoch, event.key) for event in reading.seen if event.key is not None)
    places = Counter((event.epoch, event.offset) for event in reading.seen)
    doubled_places = {place for place, times in places.items() if times > 1}
    for (epoch, offset), times in places.items():
        if times > 1:
            yield Finding(Verdict.DUP, reading.stream, reading.client, f"offset {offset} of {epoch} came {times} times")
    for (epoch, key), times in keys.items():
        # Not said again of an event that was found by its place.
        own = {(epoch, event.offset) for event in reading.seen if event.key == key and event.epoch == epoch}
        if times > 1 and not own & doubled_places:
            yield Finding(Verdict.DUP, reading.stream, reading.client, f"post {key} came {times} times")


def _order(reading: _Reading) -> Iterator[Finding]:
    last: dict[tuple[int, str], int] = {}
    for event in reading.seen:
        place = (event.session, event.epoch)
        before = last.get(place, 0)
        if event.offset < before:
            detail = f"offset {event.offset} came after {before} in connection {event.session}"
            yield Finding(Verdict.ORDER, reading.stream, reading.client, detail)
        last[place] = max(before, event.offset)


def _hole(reading: _Reading) -> Iterator[Finding]:
    starts: dict[str, int] = {}
    for opened in reading.opened:
        if opened.recovered:
            starts[opened.epoch] = min(opened.offset, starts.get(opened.epoch, opened.offset))
    for loaded in reading.loaded:
        starts[loaded.epoch] = max(loaded.offset, starts.get(loaded.epoch, 0))
    by_epoch: defaultdict[str, set[int]] = defaultdict(set)
    for event in reading.seen:
        by_epoch[event.epoch].add(event.offset)
    for epoch, offsets in by_epoch.items():
        # Where it was not told where it stands, it is due what follows the first that it saw.
        start = starts.get(epoch, min(offsets) - 1)
        missing = sorted(set(range(start + 1, max(offsets))) - offsets)
        for offset in missing:
            yield Finding(Verdict.HOLE, reading.stream, reading.client, f"offset {offset} of {epoch} never came")


def _diverge(records: Iterable[Record]) -> Iterator[Finding]:
    first: dict[tuple[str, str, int], Seen] = {}
    for record in records:
        if isinstance(record, Seen):
            known = first.setdefault((record.stream, record.epoch, record.offset), record)
            if known.digest != record.digest:
                detail = f"offset {record.offset} is another event than {known.client} was shown"
                yield Finding(Verdict.DIVERGE, record.stream, record.client, detail)


def _phantom(reading: _Reading, posts: dict[str, _Post]) -> Iterator[Finding]:
    for key in {event.key for event in reading.seen if event.key is not None}:
        post = posts.get(key)
        if post is None or post.outcome is Outcome.FAIL or post.stream != reading.stream:
            detail = f"post {key} was {'refused' if post else 'never made'} and was seen"
            yield Finding(Verdict.PHANTOM, reading.stream, reading.client, detail)


def _leak(reading: _Reading, grace: float) -> Iterator[Finding]:
    if not reading.members:
        return
    for event in reading.seen:
        # An event of before its time is history, which a new member may read.
        allowed = any(
            member.since <= event.t and (member.until is None or event.t <= member.until + grace)
            for member in reading.members
        )
        if not allowed:
            yield Finding(Verdict.LEAK, reading.stream, reading.client, f"offset {event.offset} came without a right")


def _stuck(reading: _Reading, heads: dict[str, Head]) -> Iterator[Finding]:
    head = heads.get(reading.stream)
    if head is None or not reading.opened:
        return
    last = reading.opened[-1]
    if last.session in reading.closed:
        return
    at = max([last.offset, *(event.offset for event in reading.seen if event.epoch == head.epoch)])
    if at < head.offset or last.epoch != head.epoch:
        detail = f"its connection is open at offset {at}, the stream is at {head.offset}"
        yield Finding(Verdict.STUCK, reading.stream, reading.client, detail)
