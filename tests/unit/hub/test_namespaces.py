"""Namespaces: which commands there are, and who owns which streams."""

import re
from collections.abc import Sequence

import pytest
from django.contrib.auth.models import AbstractUser, User
from django.db import OperationalError

from hub.core.errors import HubError, MethodNotFound, PermissionDenied, UnknownStream
from hub.core.streams import StreamName, parse_stream_name
from hub.core.types import JSONObject
from hub.namespaces import Asked, Caller, Namespace, NamespaceRegistry, command

ANN = User(pk=1, username="ann")
BEN = User(pk=2, username="ben")


class Rooms(Namespace):
    """Streams that Ann alone may read."""

    prefix = "room"

    def can_subscribe(self, user: User, stream: StreamName) -> bool:
        """Say whether it is Ann."""
        if stream.rest == "gone":
            raise UnknownStream(f"there is no stream {stream.full!r}")
        return user.pk == ANN.pk

    @command("say")
    def say(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Tell who said what, and where."""
        return {"by": caller.user.get_username(), "in": caller.stream.rest, "said": data["words"]}

    @command("leave")
    def leave(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Refuse."""
        raise PermissionDenied("you may not leave")

    def hidden(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Do what is no command."""
        return {"hidden": True}


class LoudRooms(Rooms):
    """Rooms with one command changed and another one added."""

    prefix = "loud"

    def say(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Say it louder."""
        return super().say(caller, {"words": data["words"].upper()})

    @command("ring")
    def ring(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Ring."""
        return {"rung": True}


class Marking:
    """A command for any namespace."""

    @command("mark")
    def mark(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Mark."""
        return {"marked": True}


class Inbox(Namespace):
    """Streams of another kind."""

    prefix = "inbox"
    separator = "#"

    @command("read")
    def read(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Read."""
        return {"read": True}


def run(namespace: Namespace, name: str, data: JSONObject | None = None) -> JSONObject:
    """Carry out a command as Ann in a room."""
    return namespace.run(Caller(ANN, parse_stream_name("room:lobby")), name, data or {})


def refusal_of(namespace: Namespace, name: str) -> str:
    """Return the words with which an unknown command is refused."""
    with pytest.raises(MethodNotFound) as caught:
        run(namespace, name)
    return caught.value.message


@pytest.fixture
def registry() -> NamespaceRegistry:
    """A registry with two namespaces."""
    registry = NamespaceRegistry()
    registry.register(Rooms())
    registry.register(Inbox())
    return registry


def test_a_command_gets_its_caller_and_its_data() -> None:
    assert run(Rooms(), "say", {"words": "hi"}) == {"by": "ann", "in": "lobby", "said": "hi"}


def test_what_a_command_refuses_reaches_the_caller() -> None:
    with pytest.raises(PermissionDenied, match=r"^you may not leave$"):
        run(Rooms(), "leave")


def test_a_namespace_inherits_commands_and_may_change_them() -> None:
    assert LoudRooms.commands == {"publish": "publish_event", "say": "say", "leave": "leave", "ring": "ring"}
    assert run(LoudRooms(), "say", {"words": "hi"})["said"] == "HI"
    assert run(LoudRooms(), "ring") == {"rung": True}


def test_a_command_of_a_subclass_is_not_one_of_its_base() -> None:
    assert Rooms.commands == {"publish": "publish_event", "say": "say", "leave": "leave"}
    assert Namespace.commands == {"publish": "publish_event"}


def test_a_command_may_move_to_another_method() -> None:
    class Whispering(Rooms):
        @command("say")
        def whisper(self, caller: Caller, data: JSONObject) -> JSONObject:
            return {"said": data["words"].lower()}

    assert run(Whispering(), "say", {"words": "HI"}) == {"said": "hi"}


def test_commands_come_from_all_bases() -> None:
    class Both(Marking, LoudRooms, Inbox):
        prefix = "both"

    assert sorted(Both.commands) == ["leave", "mark", "publish", "read", "ring", "say"]
    assert run(Both(), "mark") == {"marked": True}
    assert run(Both(), "read") == {"read": True}


def test_an_unknown_command_is_told_which_ones_there_are() -> None:
    assert refusal_of(LoudRooms(), "shout") == "expected one of the commands leave, publish, ring, say, got 'shout'"
    assert refusal_of(Namespace(), "say") == "expected one of the commands publish, got 'say'"
    assert refusal_of(Rooms(), "x" * 1_000).endswith(f"got '{'x' * 40}'")


@pytest.mark.parametrize("name", ["hidden", "run", "can_subscribe", "commands", "__init__", "", "Say", "say "])
def test_nothing_but_a_command_can_be_called_by_its_name(name: str) -> None:
    assert refusal_of(Rooms(), name).startswith("expected one of the commands leave, publish, say, got ")


def test_a_namespace_lets_nobody_in_unless_it_says_so() -> None:
    name = parse_stream_name("plain:1")
    superuser = User(pk=3, is_superuser=True, is_staff=True)
    assert not Namespace().can_subscribe(superuser, name)
    assert not Namespace().can_publish(superuser, name)


def test_a_stream_belongs_to_the_namespace_of_its_prefix_and_separator(registry: NamespaceRegistry) -> None:
    namespace, name = registry.resolve("inbox#42")
    assert isinstance(namespace, Inbox)
    assert (name.prefix, name.rest) == ("inbox", "42")
    assert [type(namespace) for namespace in registry] == [Rooms, Inbox]


@pytest.mark.parametrize("stream", ["inbox:42", "room#lobby", "loud:lobby", "Room:lobby", "lobby", ":lobby"])
def test_a_stream_of_no_namespace_is_unknown(stream: str, registry: NamespaceRegistry) -> None:
    with pytest.raises(UnknownStream, match=re.escape(repr(stream))):
        registry.resolve(stream)


@pytest.mark.parametrize("stream", ["", "room:ä", "room: ", "room:\n", "room:" + "a" * 300])
def test_a_stream_without_a_valid_name_is_unknown(stream: str, registry: NamespaceRegistry) -> None:
    with pytest.raises(UnknownStream, match="expected a stream name of 1 to 255 printable ASCII characters"):
        registry.resolve(stream)


def test_two_namespaces_cannot_share_their_streams(registry: NamespaceRegistry) -> None:
    class OtherRooms(Namespace):
        prefix = "room"

    with pytest.raises(ValueError, match=r"^the streams room:… belong to Rooms already$"):
        registry.register(OtherRooms())
    assert isinstance(registry.resolve("room:lobby")[0], Rooms)


def test_a_subclass_does_not_take_the_streams_of_its_base_by_accident(registry: NamespaceRegistry) -> None:
    class BetterRooms(Rooms):
        pass

    with pytest.raises(ValueError, match="belong to Rooms already"):
        registry.register(BetterRooms())


def test_one_prefix_may_have_two_separators(registry: NamespaceRegistry) -> None:
    class Desks(Namespace):
        prefix = "room"
        separator = "#"

    registry.register(Desks())
    assert isinstance(registry.resolve("room#1")[0], Desks)
    assert isinstance(registry.resolve("room:1")[0], Rooms)


def test_a_namespace_may_be_registered_again(registry: NamespaceRegistry) -> None:
    # Django's `ready` may be called twice in tests.
    registry.register(Rooms())
    assert len(list(registry)) == 2


def test_who_may_read_a_stream_is_let_in(registry: NamespaceRegistry) -> None:
    registry.check_subscribe(ANN, "room:lobby")


@pytest.mark.parametrize(
    ("user", "stream", "error", "message"),
    [
        (BEN, "room:lobby", PermissionDenied, "you may not read 'room:lobby'"),
        (ANN, "inbox#1", PermissionDenied, "you may not read 'inbox#1'"),
        (ANN, "room:gone", UnknownStream, "there is no stream 'room:gone'"),
        (BEN, "nothing:1", UnknownStream, "there is no stream 'nothing:1'"),
    ],
)
def test_who_may_not_read_a_stream_is_told_why(
    user: AbstractUser, stream: str, error: type[HubError], message: str, registry: NamespaceRegistry
) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        registry.check_subscribe(user, stream)  # type: ignore[arg-type]


def words(verdicts: list[Exception | None]) -> list[str | None]:
    return [None if verdict is None else str(verdict) for verdict in verdicts]


def test_many_are_told_each_what_they_would_be_told_alone(registry: NamespaceRegistry) -> None:
    asked = [
        (ANN, "room:a"),
        (BEN, "room:a"),
        (ANN, "inbox#1"),
        (ANN, "room:gone"),
        (BEN, "nothing:1"),
        (ANN, "room:b"),
    ]
    assert words(registry.check_subscribe_many(asked)) == [
        None,
        "you may not read 'room:a'",
        "you may not read 'inbox#1'",
        "there is no stream 'room:gone'",
        "there is no stream 'nothing:1'",
        None,
    ]
    assert registry.check_subscribe_many([]) == []


class AskedTogether(Rooms):
    """Rooms that are asked about together, as long as nobody asks for the strange one."""

    prefix = "together"

    def __init__(self) -> None:
        self.questions: list[list[str]] = []

    def may_subscribe(self, asked: Sequence[Asked]) -> list[Exception | None]:
        """Say that everybody may read all but the strange one."""
        self.questions.append([stream.rest for _, stream in asked])
        if any(stream.rest == "strange" for _, stream in asked):
            raise ZeroDivisionError("strange")
        return [None for _ in asked]


def test_a_namespace_may_answer_for_many_at_once_and_one_name_that_it_fails_for_stops_no_others() -> None:
    registry, namespace = NamespaceRegistry(), AskedTogether()
    registry.register(namespace)
    assert registry.check_subscribe_many([(ANN, "together:a"), (BEN, "together:b")]) == [None, None]
    assert namespace.questions == [["a", "b"]]
    verdicts = registry.check_subscribe_many([(ANN, "together:a"), (ANN, "together:strange"), (BEN, "together:b")])
    assert words(verdicts) == [None, "strange", None]
    with pytest.raises(ZeroDivisionError):
        registry.check_subscribe(ANN, "together:strange")


def test_whoever_says_anew_what_one_may_is_asked_and_not_what_a_base_says_of_many() -> None:
    class Nobody(AskedTogether):
        def can_subscribe(self, user: User, stream: StreamName) -> bool:
            return False

        def can_publish(self, user: User, stream: StreamName) -> bool:
            return stream.rest == "a"

    asked = [(ANN, parse_stream_name("together:a")), (ANN, parse_stream_name("together:b"))]
    assert words(Nobody().may_subscribe(asked)) == ["you may not read 'together:a'", "you may not read 'together:b'"]
    assert words(Nobody().may_publish(asked)) == [None, "you may not publish to 'together:b'"]
    assert words(Namespace().may_publish(asked)) == [
        "you may not publish to 'together:a'",
        "you may not publish to 'together:b'",
    ]


def test_a_database_that_does_not_answer_is_no_verdict() -> None:
    class Away(Rooms):
        prefix = "away"

        def can_subscribe(self, user: User, stream: StreamName) -> bool:
            raise OperationalError("the server closed the connection")

    registry = NamespaceRegistry()
    registry.register(Away())
    with pytest.raises(OperationalError):
        registry.check_subscribe_many([(ANN, "away:a"), (ANN, "away:b")])


def test_only_commands_that_say_so_run_together(registry: NamespaceRegistry) -> None:
    class Quick(Rooms):
        @command("say", together=True)
        def say_quickly(self, caller: Caller, data: JSONObject) -> JSONObject:
            return {}

    assert Quick.together == {"publish", "say"}
    assert registry.runs_together("room:a", "publish")
    assert not registry.runs_together("room:a", "say")
    assert not registry.runs_together("room:a", "nonsense")


def test_a_namespace_has_a_history_unless_it_says_otherwise(registry: NamespaceRegistry) -> None:
    class Passing(Namespace):
        prefix = "passing"
        history = False

    registry.register(Passing())
    assert registry.has_history("room:lobby")
    assert not registry.has_history("passing:by")
