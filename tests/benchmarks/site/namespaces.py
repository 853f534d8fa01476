"""The streams `live:<group>.<anything>`, of which nothing is kept, and `logged:<group>.<anything>`: for its members."""

from collections.abc import Sequence

from django.contrib.auth.models import User

from hub.core.errors import PermissionDenied
from hub.core.streams import StreamName
from hub.namespaces import Namespace

#: Users, and the streams that they want to read or to publish to.
Asked = Sequence[tuple[User, StreamName]]


class _GroupNamespace(Namespace):
    """Who is in the group that a stream's name begins with may read it and publish to it; one query tells of many."""

    def can_subscribe(self, user: User, stream: StreamName) -> bool:
        """Ask the database whether the user is in the group."""
        return _refuse([(user, stream)]) == [None]

    def can_publish(self, user: User, stream: StreamName) -> bool:
        """Ask the database whether the user is in the group."""
        return _refuse([(user, stream)]) == [None]

    def may_subscribe(self, asked: Asked) -> list[Exception | None]:
        """Ask the database who of many users is in their group."""
        return _refuse(asked)

    def may_publish(self, asked: Asked) -> list[Exception | None]:
        """Ask the database who of many users is in their group."""
        return _refuse(asked)


class LoggedNamespace(_GroupNamespace):
    """Each event is committed to the log before it goes out."""

    prefix = "logged"


class LiveNamespace(_GroupNamespace):
    """Whoever is there gets it, and it is gone."""

    prefix = "live"
    history = False


def _refuse(asked: Asked) -> list[Exception | None]:
    users, groups = {user.pk for user, _ in asked}, {_group(stream) for _, stream in asked}
    rows = User.groups.through.objects.filter(user__in=users, group__name__in=groups)
    members = set(rows.values_list("user_id", "group__name"))
    return [
        None if (user.pk, _group(stream)) in members else PermissionDenied(f"you are no member of {_group(stream)!r}")
        for user, stream in asked
    ]


def _group(stream: StreamName) -> str:
    return stream.rest.partition(".")[0]
