"""Options of namespaces: their names, which are Centrifugo's, their defaults, and what values they may have."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar, get_type_hints

#: Ways to recover: all that was missed, or the newest event alone.
RECOVERY_MODES = ("", "stream", "cache")
DELTA_TYPES = ("fossil",)
#: What an option's name begins with: a member of a class that begins so and is none is misspelt.
_BEGINNINGS = ("allow_", "allowed_", "force_", "history_", "channel_")


class Options:
    """What holds for the streams of a namespace. Options give rights to everybody; its methods give them to some."""

    #: Whether what is published is logged. Where it is not, whoever is away when it goes out misses it.
    history: ClassVar[bool] = True
    #: Events that are kept of each stream; 0: all.
    history_size: ClassVar[int] = 0
    #: Seconds that events are kept; 0: for ever.
    history_ttl: ClassVar[float] = 0
    #: Whether it is known who reads these streams, and readers are told who comes and goes.
    presence: ClassVar[bool] = False
    #: Whether clients of the Centrifugo protocol are told of each other by `join` and `leave`, where they ask for it.
    join_leave: ClassVar[bool] = False
    #: Whether they are told without asking.
    force_push_join_leave: ClassVar[bool] = False
    #: Whether a client that asks for it is told its position; one that does not ask.
    allow_positioning: ClassVar[bool] = True
    force_positioning: ClassVar[bool] = True
    #: Whether a client that comes back gets what it missed: one that asks for it; one that does not.
    allow_recovery: ClassVar[bool] = True
    force_recovery: ClassVar[bool] = True
    #: `stream`: all that was missed; `cache`: the newest event alone.
    force_recovery_mode: ClassVar[str] = "stream"
    #: How clients may have events as differences to those before: `fossil`.
    allowed_delta_types: ClassVar[Sequence[str]] = ()
    #: Who may read: every client that is somebody; also those that are nobody.
    allow_subscribe_for_client: ClassVar[bool] = False
    allow_subscribe_for_anonymous: ClassVar[bool] = False
    #: Who may publish: whoever reads, or every client; also those that are nobody.
    allow_publish_for_subscriber: ClassVar[bool] = False
    allow_publish_for_client: ClassVar[bool] = False
    allow_publish_for_anonymous: ClassVar[bool] = False
    #: Who may read what is kept.
    allow_history_for_subscriber: ClassVar[bool] = False
    allow_history_for_client: ClassVar[bool] = False
    allow_history_for_anonymous: ClassVar[bool] = False
    #: Who may ask who reads.
    allow_presence_for_subscriber: ClassVar[bool] = False
    allow_presence_for_client: ClassVar[bool] = False
    allow_presence_for_anonymous: ClassVar[bool] = False
    #: Whether the users after a `#` in a stream's name, and nobody else, may read it.
    allow_user_limited_channels: ClassVar[bool] = False
    #: What follows the separator has to match this regular expression.
    channel_regex: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for base in reversed(cls.__mro__[:-1]) for name, value in vars(base).items()}
        given = {name: value for name, value in own.items() if name in NAMES or name.startswith(_BEGINNINGS)}
        options = {name: value for name, value in given.items() if name in NAMES or not callable(value)}
        for name, words in problems(options):
            raise ValueError(f"{cls.__name__}.{name}: {words}")

    def recovers(self, asked: bool) -> bool:
        """Say whether a subscription is one that goes on where its client was.

        Arguments:
            asked: whether the client has asked for that.
        """
        return self.history and (self.force_recovery or (asked and self.allow_recovery))

    def positions(self, asked: bool) -> bool:
        """Say whether the client of a subscription is told its position. `asked` as with `recovers`."""
        return self.history and (self.force_positioning or (asked and self.allow_positioning))

    def tells_join_leave(self, asked: bool) -> bool:
        """Say whether the client of a subscription is told who joins and leaves. `asked` as with `recovers`."""
        return self.join_leave and (self.force_push_join_leave or asked)


NAMES = frozenset(get_type_hints(Options))


def problems(options: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield what is wrong with options: the name of each such one, and the words for it."""
    for name, value in options.items():
        if name not in NAMES:
            near = get_close_matches(name, NAMES, 1)
            yield name, "there is no such option" + (f"; is {near[0]!r} meant?" if near else "")
        elif not _IS_RIGHT.get(name, _is_switch)(value):
            yield name, f"expected {_EXPECTED.get(name, 'true or false')}, got {value!r:.80}"


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e10


def _are_delta_types(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(one in DELTA_TYPES for one in value)


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except re.error:
        return False


_IS_RIGHT: dict[str, Callable[[Any], bool]] = {
    "history_size": _is_size,
    "history_ttl": _is_time,
    "force_recovery_mode": lambda value: value in RECOVERY_MODES,
    "allowed_delta_types": _are_delta_types,
    "channel_regex": _is_pattern,
}
_EXPECTED = {
    "history_size": "a whole number, 0 or more",
    "history_ttl": "a number of seconds, 0 or more",
    "force_recovery_mode": "'stream' or 'cache'",
    "allowed_delta_types": "a list of 'fossil' or of nothing",
    "channel_regex": "a regular expression",
}
