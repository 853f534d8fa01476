"""The lives of a stream in a history: where its log was put back to an older copy, a new one begins, of another epoch.

Pure. What is wrong is told as (client, what).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from clients.load.history import Loaded, Opened, Record, Seen

Wrong = tuple[str, str]
#: What a reader was told of where it stands.
Step = Opened | Loaded


class Lives:
    """The lives of one stream, in the order in which anybody first heard of them.

    Arguments:
        records: of this stream alone.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        #: When each life was first heard of, by its epoch.
        self.began: dict[str, float] = {}
        #: The keys of the posts that were seen or loaded in each life, by its epoch.
        self._keys: defaultdict[str, set[str | None]] = defaultdict(set)
        #: Who first saw what under each offset of each life.
        self._events: defaultdict[str, dict[int, Seen]] = defaultdict(dict)
        for record in records:
            if isinstance(record, Opened | Loaded | Seen):
                self.began.setdefault(record.epoch, record.t)
            if isinstance(record, Seen):
                self._keys[record.epoch].add(record.key)
                self._events[record.epoch].setdefault(record.offset, record)
            elif isinstance(record, Loaded):
                self._keys[record.epoch].update(record.keys)

    def ended_with(self, key: str, succeeded: float) -> bool:
        """Say whether a post is gone with a former life: it succeeded before the last one, which does not have it.

        Arguments:
            succeeded: when its success was known, in seconds since 1970.
        """
        if len(self.began) < 2:
            return False
        last = list(self.began)[-1]
        return succeeded < self.began[last] and key not in self._keys[last]

    def mixed(self) -> Iterator[Wrong]:
        """Find events that were shown as of one life, and are of another.

        Two lives have the beginning in common, up to what was in the copy. Above the first offset at which they
        differ, nothing can be in both.
        """
        epochs = list(self.began)
        for former, later in pairwise(epochs):
            ours, theirs = self._events[former], self._events[later]
            both = sorted(ours.keys() & theirs.keys())
            apart = next((offset for offset in both if ours[offset].digest != theirs[offset].digest), None)
            for offset in both:
                if apart is not None and offset > apart and ours[offset].digest == theirs[offset].digest:
                    yield ours[offset].client, f"offset {offset} was shown as of {former} and as of {later}"


def let_on(steps: Sequence[Step]) -> Iterator[Wrong]:
    """Find readers that were let go on from one life into another, in place of being told to load a snapshot.

    Arguments:
        steps: of one reader in one stream, in order.
    """
    known = ""
    for step in steps:
        if isinstance(step, Opened) and step.recovered and known not in ("", step.epoch):
            yield step.client, f"it stood in {known}, and was let go on in {step.epoch}"
        if isinstance(step, Loaded) or step.recovered:
            known = step.epoch


def sent_back(steps: Sequence[Step], lives: Lives, most: int) -> Iterator[Wrong]:
    """Find readers that were told to load a snapshot though nothing had taken away what they stood at.

    Arguments:
        steps: of one reader in one stream, in order.
        lives: those of the stream.
        most: how many the stream was to have.
    """
    known, expected = "", list(lives.began)[:most]
    for step in steps:
        if isinstance(step, Opened) and not step.recovered and (step.epoch == known or step.epoch not in expected):
            yield step.client, f"its position in {known or 'no life'} was said to be kept no longer, in {step.epoch}"
        if isinstance(step, Loaded) or step.recovered:
            known = step.epoch
