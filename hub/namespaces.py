"""Namespaces: who may read and write the streams of one prefix, and which commands there are.

Applications register theirs when they are ready; the engine knows no application.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError

from hub.batching import Batch
from hub.core.errors import BadRequest, MethodNotFound, NotAvailable, PermissionDenied, UnknownStream
from hub.core.presence import Present
from hub.core.streams import StreamName, parse_stream_name
from hub.core.types import JSONObject
from hub.drafts import draft_from
from hub.presence import Recent, people
from hub.publish import publish, publish_ephemeral

__all__ = ["Caller", "Namespace", "StreamName", "command", "namespaces"]

F = TypeVar("F", bound=Callable[..., JSONObject])

#: A user, and a stream that they want to do something with.
Asked = tuple[User, StreamName]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a command, and over which stream."""

    #: Read from the database for this command, and active.
    user: User
    stream: StreamName


def command(name: str, *, presence: bool = False, together: bool = False) -> Callable[[F], F]:
    """Make a method of a `Namespace` a command that clients can call.

    The method gets the caller and the command's data and returns the result. It is synchronous, may use the database,
    checks the caller's rights itself, and raises a `HubError` for what it refuses.

    Arguments:
        name: the command's name on the wire, e.g. `message.post`.
        presence: that there is such a command where the namespace has presence only.
        together: that it is short, and may share a transaction with such commands of others: it runs in a savepoint of
            its own, so that what it raises undoes what it did and nothing else; it may run again where the shared
            transaction failed, so it has effects in the database alone.
    """

    def mark(method: F) -> F:
        method.__dict__["hub_command"] = name
        method.__dict__["hub_presence"] = presence
        method.__dict__["hub_together"] = together
        return method

    return mark


class Namespace:
    """What holds for all streams of one prefix. Subclass it and register an instance in `AppConfig.ready()`."""

    #: The part of a stream's name before the separator, e.g. `chat`.
    prefix: ClassVar[str]
    #: `:`, or `#` where a user's id follows.
    separator: ClassVar[str] = ":"
    #: Whether it is known who reads these streams, and readers are told who comes and goes.
    presence: ClassVar[bool] = False
    #: Whether readers who use the Centrifugo protocol are told which clients come and go.
    join_leave: ClassVar[bool] = False
    #: Whether what is published is logged. Where it is not, whoever is away when it goes out misses it.
    history: ClassVar[bool] = True
    #: Relations of a user that `presence_info` looks at, as for `select_related`: read along, not one by one.
    presence_related: ClassVar[tuple[str, ...]] = ()
    #: Relations of a command's caller that commands look at; read along too.
    caller_related: ClassVar[tuple[str, ...]] = ()
    #: Command name -> name of the method; collected from the class.
    commands: ClassVar[dict[str, str]] = {}
    #: The names of those that may share a transaction.
    together: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # All bases, not only the nearest namespace: there may be several, and mixins that are none themselves.
        methods = {
            method.__dict__["hub_command"]: (attribute, method.__dict__)
            for base in reversed(cls.__mro__)
            for attribute, method in vars(base).items()
            if callable(method) and "hub_command" in getattr(method, "__dict__", {})
            if cls.presence or not method.__dict__["hub_presence"]
        }
        cls.commands = {name: attribute for name, (attribute, _) in methods.items()}
        cls.together = frozenset(name for name, (_, marks) in methods.items() if marks["hub_together"])
        # Whoever says anew what one user may must not be passed over by what a base says of many.
        if _overrides(cls, "can_subscribe", "may_subscribe"):
            cls.may_subscribe = Namespace.may_subscribe  # type: ignore[method-assign]
        if _overrides(cls, "can_publish", "may_publish"):
            cls.may_publish = Namespace.may_publish  # type: ignore[method-assign]

    def can_subscribe(self, user: User, stream: StreamName) -> bool:
        """Say whether the user may read the stream. Called for every subscription, with the database at hand.

        Raises:
            UnknownStream: there is none of that name, or the user may not know of it.
        """
        return False

    def can_publish(self, user: User, stream: StreamName) -> bool:
        """Say whether the user may publish to the stream directly, by the command `publish`."""
        return False

    def may_subscribe(self, asked: Sequence[Asked]) -> list[Exception | None]:
        """Say of many at once what `can_subscribe` says of one: override it where one query answers for all.

        Returns:
            For each, in their order, None where they may, else the error that tells why not.
        """
        return [_refusal(self.can_subscribe, user, stream, "read") for user, stream in asked]

    def may_publish(self, asked: Sequence[Asked]) -> list[Exception | None]:
        """Say of many at once what `can_publish` says of one, as `may_subscribe` does."""
        return [_refusal(self.can_publish, user, stream, "publish to") for user, stream in asked]

    def can_see_presence(self, user: User, stream: StreamName) -> bool:
        """Say whether the user may ask who reads the stream; who comes and goes is told to every reader.

        Raises:
            UnknownStream: as `can_subscribe`.
        """
        return self.can_subscribe(user, stream)

    def presence_info(self, user: User) -> JSONObject:
        """Return what others see of a user who reads a stream; its `id` is how they tell users apart."""
        return {"id": user.pk, "username": user.get_username()}

    @command("presence", presence=True)
    def presence_list(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Tell who reads the stream: `{}`. The result is that of `NamespaceRegistry.presence`."""
        _expect_nothing(data)
        return namespaces.presence(caller.user, caller.stream.full)

    @command("presence.stats", presence=True)
    def presence_stats(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Tell how many read the stream: `{}`. The result is `{"users": number, "connections": number}`."""
        _expect_nothing(data)
        namespaces.check_presence(caller.user, caller.stream.full)
        present = people(caller.stream.full, 0)
        return {"users": present.here, "connections": present.connections}

    @command("publish", together=True)
    def publish_event(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Publish an event, as `can_publish` allows: `{"data": object, "type"?: text, "key"?: text}`.

        The result is its place, `{"epoch", "offset"}`, or `{}` where the namespace has no history.
        """
        draft = draft_from(data, history=self.history)
        [refusal] = ask_each(self.may_publish, [(caller.user, caller.stream)])
        if refusal is not None:
            raise refusal
        if not self.history:
            publish_ephemeral(caller.stream.full, draft.type, data["data"])
            return {}
        place = publish(caller.stream.full, draft.type, draft.data, key=draft.key)
        return {"epoch": place.epoch, "offset": place.offset}

    def run(self, caller: Caller, name: str, data: JSONObject) -> JSONObject:
        """Carry out a command.

        Raises:
            MethodNotFound: there is no command of that name here.
            HubError: whatever the command refuses.
        """
        method = self.commands.get(name)
        if method is None:
            known = ", ".join(sorted(self.commands)) or "none"
            raise MethodNotFound(f"expected one of the commands {known}, got {name[:40]!r}")
        result: JSONObject = getattr(self, method)(caller, data)
        return result


class NamespaceRegistry:
    """All namespaces of the site, by prefix and separator."""

    def __init__(self) -> None:
        self._namespaces: dict[tuple[str, str], Namespace] = {}
        self._presence = Recent()

    def register(self, namespace: Namespace) -> None:
        """Add a namespace.

        Raises:
            ValueError: another class has its prefix already.
        """
        key = (namespace.prefix, namespace.separator)
        known = self._namespaces.setdefault(key, namespace)
        if type(known) is not type(namespace):
            raise ValueError(f"the streams {''.join(key)}… belong to {type(known).__name__} already")

    def resolve(self, stream: str) -> tuple[Namespace, StreamName]:
        """Find the namespace of a stream.

        Raises:
            UnknownStream: there is none.
        """
        try:
            name = parse_stream_name(stream)
        except BadRequest as error:
            raise UnknownStream(error.message) from error
        namespace = self._namespaces.get((name.prefix, name.separator))
        if namespace is None:
            raise UnknownStream(f"there is no stream {name.full!r}")
        return namespace, name

    def check_subscribe(self, user: User, stream: str) -> None:
        """Make sure that a user may read a stream.

        Raises:
            UnknownStream: there is none, or none that the user may know of.
            PermissionDenied: there is one, not for this user.
        """
        [refusal] = self.check_subscribe_many([(user, stream)])
        if refusal is not None:
            raise refusal

    def check_subscribe_many(self, pairs: Sequence[tuple[User, str]]) -> list[Exception | None]:
        """Say of each user and stream what `check_subscribe` says, with few queries for all.

        Returns:
            In their order, None where the user may read the stream, else what `check_subscribe` would raise.
        Raises:
            OperationalError, InterfaceError: the database does not answer.
        """
        verdicts: list[Exception | None] = [None] * len(pairs)
        by_namespace: dict[Namespace, dict[int, Asked]] = {}
        for place, (user, stream) in enumerate(pairs):
            try:
                namespace, name = self.resolve(stream)
            except UnknownStream as error:
                verdicts[place] = error
            else:
                by_namespace.setdefault(namespace, {})[place] = (user, name)
        for namespace, asked in by_namespace.items():
            for place, verdict in zip(asked, ask_each(namespace.may_subscribe, list(asked.values())), strict=True):
                verdicts[place] = verdict
        return verdicts

    def check_presence(self, user: User, stream: str) -> None:
        """Make sure that a user may ask who reads a stream.

        Raises:
            UnknownStream: there is none, or none that the user may know of.
            NotAvailable: nobody may, its namespace has no presence.
            PermissionDenied: this user may not.
        """
        namespace, name = self.resolve(stream)
        if not namespace.presence:
            raise NotAvailable(f"who reads {name.full!r} is not told")
        if not namespace.can_see_presence(user, name):
            raise PermissionDenied(f"you may not see who reads {name.full!r}")

    def presence(self, user: User, stream: str) -> JSONObject:
        """Return who reads a stream, as a user who asks is told; as of half a second ago at most.

        Returns:
            `users`, each with `user` and `connections`, 200 at most; 0 connections: away, and not told to have left.
            `total`, how many there are to list; `connections`, those of all; `complete`, whether all are listed;
            `epoch` and `number`, which order it among the events: what has a greater number is later.
        Raises:
            PresenceUnknown: it is not known just now.
            HubError: as `check_presence`.
        """
        self.check_presence(user, stream)
        return self._presence.get(stream, lambda name: self.presence_object(name, people(name)))

    def presence_object(self, stream: str, present: Present) -> JSONObject:
        """Return who reads a stream as the wire shows it."""
        described = self.describe(stream, [user_id for user_id, _ in present.users])
        users = [
            {"user": described[user_id], "connections": count}
            for user_id, count in present.users
            if user_id in described
        ]
        complete = len(present.users) >= present.total
        return {
            "users": users,
            "total": present.total,
            "connections": present.connections,
            "complete": complete,
            "epoch": present.moment.epoch,
            "number": present.moment.number,
        }

    def describe(self, stream: str, user_ids: Iterable[int]) -> dict[int, JSONObject]:
        """Return what readers of a stream see of users, by id; of one who is deleted nothing."""
        namespace, _ = self.resolve(stream)
        rows = User.objects.select_related(*namespace.presence_related)
        return {user.pk: namespace.presence_info(user) for user in rows.filter(pk__in=list(user_ids))}

    def has_presence(self, stream: str) -> bool:
        """Say whether it is known who reads a stream."""
        return self.resolve(stream)[0].presence

    def attendance(self, stream: str) -> tuple[bool, bool]:
        """Say whether it is known which clients read a stream, and whether readers are told who comes and goes."""
        namespace, _ = self.resolve(stream)
        return namespace.presence, namespace.join_leave

    def has_history(self, stream: str) -> bool:
        """Say whether what is published to a stream is logged."""
        return self.resolve(stream)[0].history

    def runs_together(self, stream: str, name: str) -> bool:
        """Say whether a stream has a command of that name that may share a transaction with others."""
        return name in self.resolve(stream)[0].together

    def knows_command(self, name: str) -> bool:
        """Say whether any namespace has a command of that name.

        Raises:
            NotAvailable: there is no namespace, and so no command at all.
        """
        if not self._namespaces:
            raise NotAvailable("there are no commands")
        return any(name in namespace.commands for namespace in self._namespaces.values())

    def __iter__(self) -> Any:
        return iter(self._namespaces.values())


def ask_each(
    question: Callable[[Sequence[Asked]], Sequence[Exception | None]], asked: Sequence[Asked]
) -> Sequence[Exception | None]:
    """Ask about many at once, and about one after the other where that fails: one strange name stops no others.

    Raises:
        OperationalError, InterfaceError: the database does not answer.
    """
    try:
        verdicts = question(asked)
        if len(verdicts) != len(asked):
            raise ValueError(f"expected {len(asked)} verdicts, got {len(verdicts)}")
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(asked) == 1:
            return [error]
        return [verdict for one in asked for verdict in ask_each(question, [one])]
    return verdicts


def _refusal(may: Callable[[User, StreamName], bool], user: User, stream: StreamName, what: str) -> Exception | None:
    try:
        return None if may(user, stream) else PermissionDenied(f"you may not {what} {stream.full!r}")
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        return error


def _overrides(cls: type, one: str, other: str) -> bool:
    """Say whether a class has `one` from a class that is nearer to it than where it has `other` from."""
    order = [next(place for place, base in enumerate(cls.__mro__) if name in vars(base)) for name in (one, other)]
    return order[0] < order[1]


def _expect_nothing(data: JSONObject) -> None:
    if data:
        raise BadRequest(f"expected data with nothing in it, got {next(iter(data))!r:.80}")


#: The site's namespaces.
namespaces = NamespaceRegistry()

#: Makes sure that a user may read a stream, together with others that are asked about at the same time.
may_read: Batch[tuple[User, str], None] = Batch(namespaces.check_subscribe_many)
