"""What is fuzzed: each takes any bytes, and raises where the code under it does not do what it promises."""

from collections.abc import Callable

from hub.core import fossil
from hub.core.codecs.centrifugo import JSON
from hub.core.errors import HubError
from hub.core.fossil import BadPatch
from hub.core.json import encode_json
from hub.core.protocol import Codec, Command, Disconnect
from hub.core.schema import METHODS
from hub.core.wire import Payload
from hub.protobuf.codec import PROTOBUF

#: Most bytes that a hostile patch may make here.
_LIMIT = 100_000


def json(data: bytes) -> None:
    """Read any bytes, and the text that they may be, as commands in JSON."""
    _read(JSON, data)
    # No lone surrogate gets here: whatever brings text has decoded it.
    _read(JSON, data.decode(errors="replace"))


def protobuf(data: bytes) -> None:
    """Read any bytes as commands in protobuf, and as one without the length before it."""
    _read(PROTOBUF, data)
    if len(data) < 128:
        _read(PROTOBUF, bytes([len(data)]) + data)


def patch(data: bytes) -> None:
    """Make a patch between two halves, and take any bytes for a patch."""
    source, _, target = data.partition(b"\xff")
    if fossil.apply(source, fossil.create(source, target)) != target:
        raise AssertionError(f"{source!r} and {target!r} make a patch of something else")
    try:
        made = fossil.apply(source, target, _LIMIT)
    except BadPatch:
        return
    if len(made) > _LIMIT:
        raise AssertionError(f"{target!r} makes {len(made)} bytes")


TARGETS: dict[str, Callable[[bytes], None]] = {"json": json, "protobuf": protobuf, "fossil": patch}


def _read(codec: Codec, frame: Payload) -> None:
    try:
        commands = codec.decode(frame)
    except Disconnect as end:
        _check_end(end)
    else:
        for command in commands:
            _check_command(codec, command)
    try:
        encode_json(codec.decode_request("connect", frame))
    except Disconnect as end:
        _check_end(end)


def _check_end(end: Disconnect) -> None:
    if end.code != 3501 or len(end.reason.encode()) > 123:
        raise AssertionError(f"ended with {end.code} {end.reason!r}")


def _check_command(codec: Codec, command: Command) -> None:
    # What was taken can be kept and sent; what was not can be answered.
    encode_json(command.request)
    if command.method not in {"", *METHODS} or not 0 <= command.id < 2**32:
        raise AssertionError(f"read as {command}")
    if command.refusal is not None:
        if command.request or not isinstance(command.refusal, HubError):
            raise AssertionError(f"refused as {command}")
        codec.error(command.id, command.refusal)
