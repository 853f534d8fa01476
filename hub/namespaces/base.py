"""What a namespace is: its streams, the hooks that say who may do what there, and the commands that it has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.contrib.auth.models import User

from hub.core.errors import MethodNotFound, PermissionDenied
from hub.core.streams import StreamName
from hub.core.types import JSONObject
from hub.identity import AnyUser, Guest
from hub.log import Draft
from hub.namespaces.asking import Asked, refusal
from hub.namespaces.options import Options

F = TypeVar("F", bound=Callable[..., JSONObject])


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a command, and over which stream."""

    #: A user, read from the database for this command, and active; or a guest.
    identity: AnyUser
    stream: StreamName
    #: Whether the connection that it came over reads the stream.
    subscribed: bool = False
    #: What subscribers are told of a client of the Centrifugo protocol (`ClientInfo`).
    info: JSONObject | None = None

    @property
    def user(self) -> User:
        """The user.

        Raises:
            PermissionDenied: it is a guest, who may not carry out commands that need a user.
        """
        if isinstance(self.identity, Guest):
            raise PermissionDenied("expected a user of this site, got a guest")
        return self.identity


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


class BaseNamespace(Options):
    """What holds for all streams of one prefix, without the commands that all have."""

    #: The part of a stream's name before the separator, e.g. `chat`; empty for streams whose names have none.
    prefix: ClassVar[str]
    #: `:`, or `#` where a user's id follows; empty with an empty prefix.
    separator: ClassVar[str] = ":"
    #: Whether there are streams too whose names begin with `$`, which a token alone lets a client read.
    private_channels: ClassVar[bool] = False
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
            cls.may_subscribe = BaseNamespace.may_subscribe  # type: ignore[method-assign]
        if _overrides(cls, "can_publish", "may_publish"):
            cls.may_publish = BaseNamespace.may_publish  # type: ignore[method-assign]

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
        return [refusal(self.can_subscribe, user, stream, "read") for user, stream in asked]

    def may_publish(self, asked: Sequence[Asked]) -> list[Exception | None]:
        """Say of many at once what `can_publish` says of one, as `may_subscribe` does."""
        return [refusal(self.can_publish, user, stream, "publish to") for user, stream in asked]

    def can_see_presence(self, user: User, stream: StreamName) -> bool:
        """Say whether the user may ask who reads the stream; who comes and goes is told to every reader.

        Raises:
            UnknownStream: as `can_subscribe`.
        """
        return self.can_subscribe(user, stream)

    def presence_info(self, user: User) -> JSONObject:
        """Return what others see of a user who reads a stream; its `id` is how they tell users apart."""
        return {"id": user.pk, "username": user.get_username()}

    def can_read_history(self, user: User, stream: StreamName) -> bool:
        """Say whether the user may read what the stream keeps. Raises what `can_subscribe` does."""
        return self.can_subscribe(user, stream)

    def guest_can_subscribe(self, guest: Guest, stream: StreamName) -> bool:
        """Say whether a client that is no user of the site may read the stream. Raises what `can_subscribe` does."""
        return False

    def guest_can_publish(self, guest: Guest, stream: StreamName) -> bool:
        """Say whether a client that is no user of the site may publish to the stream."""
        return False

    def guest_can_read_history(self, guest: Guest, stream: StreamName) -> bool:
        """Say whether a client that is no user of the site may read what the stream keeps."""
        return self.guest_can_subscribe(guest, stream)

    def guest_can_see_presence(self, guest: Guest, stream: StreamName) -> bool:
        """Say whether a client that is no user of the site may ask who reads the stream."""
        return self.guest_can_subscribe(guest, stream)

    def is_open(self) -> bool:
        """Say whether everybody may do everything here."""
        return False

    def on_publish(self, caller: Caller, draft: Draft) -> Draft | None:
        """Look at what a client wants to publish, which it may do; called in the transaction of its effect.

        Returns:
            What is published: the draft, or another one; or None, where nothing is, since this has done what there
            was to do.
        Raises:
            HubError: it is refused.
        """
        return draft

    def server_side(self, user: User) -> Sequence[str]:
        """Return streams that a user gets without asking for them, with each connection of the Centrifugo protocol."""
        return ()

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


def _overrides(cls: type, one: str, other: str) -> bool:
    """Say whether a class has `one` from a class that is nearer to it than where it has `other` from."""
    order = [next(place for place, base in enumerate(cls.__mro__) if name in vars(base)) for name in (one, other)]
    return order[0] < order[1]
