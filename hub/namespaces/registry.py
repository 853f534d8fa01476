"""All namespaces of the site: which one a stream belongs to, and who may do what with it."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from django.contrib.auth.models import User

from hub.batching import Batch
from hub.conf import conf
from hub.core.errors import BadRequest, NotAvailable, UnknownStream
from hub.core.presence import Present
from hub.core.streams import StreamName, parse_stream_name, without_user_part
from hub.core.types import JSONObject
from hub.identity import AnyUser, Guest, user_key
from hub.namespaces.asking import denial
from hub.namespaces.base import BaseNamespace, Caller
from hub.namespaces.rights import Right, closed, grants, publishers, readers
from hub.presence import Recent, people


class NamespaceRegistry:
    """All namespaces of the site, by prefix and separator."""

    def __init__(self) -> None:
        self._namespaces: dict[tuple[str, str], BaseNamespace] = {}
        self._presence = Recent()

    def register(self, namespace: BaseNamespace) -> None:
        """Add a namespace.

        Raises:
            ValueError: another class has its prefix already.
        """
        key = (namespace.prefix, namespace.separator)
        known = self._namespaces.setdefault(key, namespace)
        if type(known) is not type(namespace):
            raise ValueError(f"the streams {''.join(key)}… belong to {type(known).__name__} already")

    def find(self, prefix: str, separator: str) -> BaseNamespace | None:
        """Return the namespace of a prefix and a separator, or None."""
        return self._namespaces.get((prefix, separator))

    def resolve(self, stream: str) -> tuple[BaseNamespace, StreamName]:
        """Find the namespace of a stream.

        A stream whose name names no namespace, as `news` or `#42`, or `dialog#1,2` where there is none of that name,
        belongs to the one without a prefix, where there is one.

        Raises:
            UnknownStream: there is none.
        """
        try:
            name = parse_stream_name(stream)
        except BadRequest as error:
            raise UnknownStream(error.message) from error
        namespace = self._namespaces.get((name.prefix, name.separator))
        if namespace is None and name.separator == "#":
            name = without_user_part(name)
            namespace = self._namespaces.get((name.prefix, name.separator))
        if namespace is None or (name.is_private and not namespace.private_channels):
            raise UnknownStream(f"there is no stream {name.full!r}")
        return namespace, name

    def check_subscribe(self, user: AnyUser, stream: str) -> None:
        """Make sure that a user may read a stream.

        Raises:
            UnknownStream: there is none, or none that the user may know of.
            PermissionDenied: there is one, not for this user.
        """
        [refusal] = self.check_subscribe_many([(user, stream)])
        if refusal is not None:
            raise refusal

    def check_subscribe_many(self, pairs: Sequence[tuple[AnyUser, str]]) -> list[Exception | None]:
        """Say of each user and stream what `check_subscribe` says, with few queries for all.

        Returns:
            In their order, None where the user may read the stream, else what `check_subscribe` would raise.
        Raises:
            OperationalError, InterfaceError: the database does not answer.
        """
        verdicts: list[Exception | None] = [None] * len(pairs)
        by_namespace: dict[BaseNamespace, dict[int, tuple[AnyUser, StreamName]]] = {}
        for place, (user, stream) in enumerate(pairs):
            try:
                namespace, name = self.resolve(stream)
            except UnknownStream as error:
                verdicts[place] = error
            else:
                by_namespace.setdefault(namespace, {})[place] = (user, name)
        for namespace, asked in by_namespace.items():
            for place, verdict in zip(asked, readers(namespace, list(asked.values())), strict=True):
                verdicts[place] = verdict
        return verdicts

    def check_publish(self, user: AnyUser, stream: str, *, subscribed: bool = False) -> None:
        """Make sure that somebody may publish to a stream.

        Arguments:
            subscribed: whether they read it.
        Raises:
            UnknownStream: there is none, or none that the user may know of.
            PermissionDenied: there is one, not for this user.
        """
        namespace, name = self.resolve(stream)
        [refusal] = publishers(namespace, [Caller(user, name, subscribed)])
        if refusal is not None:
            raise refusal

    def check_history(self, user: AnyUser, stream: str, *, subscribed: bool = False) -> None:
        """Make sure that somebody may read what a stream keeps.

        Arguments:
            subscribed: whether they read it.
        Raises:
            UnknownStream: there is none, or none that the user may know of.
            NotAvailable: nobody may, its namespace keeps nothing.
            PermissionDenied: this user may not.
        """
        namespace, name = self.resolve(stream)
        if not namespace.history:
            raise NotAvailable(f"nothing is kept of {name.full!r}")
        self._check(namespace, "history", Caller(user, name, subscribed), namespace.can_read_history)

    def check_presence(self, user: AnyUser, stream: str, *, subscribed: bool = False) -> None:
        """Make sure that somebody may ask who reads a stream.

        Arguments:
            subscribed: whether they read it.
        Raises:
            UnknownStream: there is none, or none that the user may know of.
            NotAvailable: nobody may, its namespace has no presence.
            PermissionDenied: this user may not.
        """
        namespace, name = self.resolve(stream)
        if not namespace.presence:
            raise NotAvailable(f"who reads {name.full!r} is not told")
        self._check(namespace, "presence", Caller(user, name, subscribed), namespace.can_see_presence)

    @staticmethod
    def _check(namespace: BaseNamespace, right: Right, caller: Caller, may: Callable[[User, StreamName], bool]) -> None:
        guest_may = namespace.guest_can_read_history if right == "history" else namespace.guest_can_see_presence
        if grants(namespace, right, caller):
            return
        if (refusal := closed(namespace, caller)) is not None:
            raise refusal
        user, stream = caller.identity, caller.stream
        if not (guest_may(user, stream) if isinstance(user, Guest) else may(user, stream)):
            raise denial(stream, "read the history of" if right == "history" else "see who reads")

    def server_side(self, user: AnyUser) -> list[str]:
        """Return the streams that somebody gets without asking for them."""
        streams = [] if isinstance(user, Guest) else [one for n in self for one in n.server_side(user)]
        if conf.PERSONAL_CHANNEL and (key := user_key(user)):
            prefix = f"{conf.PERSONAL_CHANNEL_NAMESPACE}:" if conf.PERSONAL_CHANNEL_NAMESPACE else ""
            streams.append(f"{prefix}#{key}")
        return list(dict.fromkeys(streams))

    def presence(self, user: AnyUser, stream: str, *, subscribed: bool = False) -> JSONObject:
        """Return who reads a stream, as a user who asks is told; as of half a second ago at most.

        Returns:
            `users`, each with `user` and `connections`, 200 at most; 0 connections: away, and not told to have left.
            `total`, how many there are to list; `connections`, those of all; `complete`, whether all are listed;
            `epoch` and `number`, which order it among the events: what has a greater number is later.
        Raises:
            PresenceUnknown: it is not known just now.
            HubError: as `check_presence`.
        """
        self.check_presence(user, stream, subscribed=subscribed)
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

    def __iter__(self) -> Iterator[BaseNamespace]:
        return iter(self._namespaces.values())


#: The site's namespaces.
namespaces = NamespaceRegistry()

#: Makes sure that a user may read a stream, together with others that are asked about at the same time.
may_read: Batch[tuple[AnyUser, str], None] = Batch(namespaces.check_subscribe_many)
