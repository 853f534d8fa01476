"""That rights have changed, as server processes tell each other. A hint: what holds now is in the database."""

from dataclasses import dataclass

from hub.core.events import LAYER_VERSION
from hub.core.types import JSONObject

#: The name whose group every server process listens to.
CONTROL_STREAM = "hub:control"

_RIGHTS_TYPE = "hub.rights"


@dataclass(frozen=True, slots=True)
class RightsChange:
    """Whose rights have to be looked at anew: those of connections that match all that is given."""

    #: The user, or None for all.
    user_id: int | None
    #: The stream, or None for all.
    stream: str | None


def encode_rights(change: RightsChange) -> JSONObject:
    """Return the channel-layer message of a change."""
    return {"type": _RIGHTS_TYPE, "v": LAYER_VERSION, "user": change.user_id, "stream": change.stream}


def decode_rights(message: JSONObject) -> RightsChange | None:
    """Read a change out of a channel-layer message; None when it is something else, or of a newer version."""
    if message.get("type") != _RIGHTS_TYPE or message.get("v") != LAYER_VERSION:
        return None
    return RightsChange(message["user"], message["stream"])
