"""Which clients read a stream, for whoever asks: by the id of each connection, as the Centrifugo protocol has it."""

from collections.abc import Callable

from hub.core.clients import info_of
from hub.core.types import JSONObject
from hub.presence.reading import Recent
from hub.presence.store import presence_store

#: Most clients that are listed.
MAX_LISTED = 1_000


def clients(stream: str) -> dict[str, JSONObject]:
    """Return the clients that read a stream in the whole deployment, by id; as of half a second ago at most.

    Of a large stream not all are listed: 1,000 clients at most, or a megabyte; `clients_count` counts them all.

    Arguments:
        stream: its name.
    Returns:
        The ClientInfo (protocol, section 2) of each: shared, and not to be changed.
    Raises:
        PresenceUnknown: it is not known just now.
    """
    return _lists.get(stream, _ask(MAX_LISTED))["clients"]  # type: ignore[no-any-return]


def clients_count(stream: str) -> tuple[int, int]:
    """Return how many clients read a stream, and of how many users they are; errors are those of `clients`.

    Those of no user are counted as one user's, as Centrifugo does.
    """
    counts = _counts.get(stream, _ask(0))
    return counts["num_clients"], counts["num_users"]


def _ask(limit: int) -> Callable[[str], JSONObject]:
    def ask(stream: str) -> JSONObject:
        present = presence_store().read_clients(stream, limit)
        listed = {client: info_of(entry) for client, entry in present.entries.items()}
        return {"clients": listed, "num_clients": present.clients, "num_users": present.users}

    return ask


_lists = Recent()
_counts = Recent()
