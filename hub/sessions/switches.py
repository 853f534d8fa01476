"""Which ways into the hub are open to clients of the Centrifugo protocol (`HUBBUB_TRANSPORTS`)."""

from hub.centrifugo_config import TRANSPORTS
from hub.conf import conf

#: The ways whose clients send what they ask for beside the stream that answers.
_EMULATED = ("http_stream", "sse")


def is_open(address: str) -> bool:
    """Say whether the address of a transport is open.

    Arguments:
        address: its path, e.g. `/connection/sse`; one of no transport is.
    """
    name = address.rpartition("/")[2]
    if name == "emulation":
        return any(one in conf.TRANSPORTS for one in _EMULATED)
    return name in conf.TRANSPORTS or name not in TRANSPORTS
