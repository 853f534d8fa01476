"""The streams `live:<group>.<anything>`, of which nothing is kept, and `logged:<group>.<anything>`: for its members."""

from django.contrib.auth.models import User

from hub.core.streams import StreamName
from hub.namespaces import Namespace


class _GroupNamespace(Namespace):
    """Who is in the group that a stream's name begins with may read it and publish to it."""

    def can_subscribe(self, user: User, stream: StreamName) -> bool:
        """Ask the database whether the user is in the group."""
        return _is_member(user, stream)

    def can_publish(self, user: User, stream: StreamName) -> bool:
        """Ask the database whether the user is in the group."""
        return _is_member(user, stream)


class LoggedNamespace(_GroupNamespace):
    """Each event is committed to the log before it goes out."""

    prefix = "logged"


class LiveNamespace(_GroupNamespace):
    """Whoever is there gets it, and it is gone."""

    prefix = "live"
    history = False


def _is_member(user: User, stream: StreamName) -> bool:
    group = stream.rest.partition(".")[0]
    return user.groups.filter(name=group).exists()
