"""Messages of clients, taken out of protobuf: the same members as JSON would give."""

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from hub.core.codes import CloseCode
from hub.core.errors import BadRequest
from hub.core.json import MAX_INTEGER, decode_json
from hub.core.protocol import Disconnect
from hub.core.types import JSONObject, JSONValue

#: A length of 64 bits takes ten bytes.
_MAX_VARINT = 10


def delimited(frame: bytes) -> list[bytes]:
    """Return the messages of a frame, each of which has its length before it, as a varint.

    Raises:
        Disconnect: with 3501: a message is shorter than it says.
    """
    messages, at = [], 0
    while at < len(frame):
        length, at = _varint(frame, at)
        if at + length > len(frame):
            raise Disconnect(CloseCode.BAD_REQUEST, f"expected a message of {length} bytes, got {len(frame) - at}")
        messages.append(frame[at : at + length])
        at += length
    return messages


def _varint(frame: bytes, at: int) -> tuple[int, int]:
    number = 0
    for count, byte in enumerate(frame[at : at + _MAX_VARINT]):
        number |= (byte & 0x7F) << (7 * count)
        if not byte & 0x80:
            return number, at + count + 1
    raise Disconnect(CloseCode.BAD_REQUEST, "expected the length of a message, got something else")


def parsed(message: Message, data: bytes) -> None:
    """Read a message that came from a client.

    Arguments:
        message: an empty one of the type that is expected; filled.
    Raises:
        Disconnect: with 3501: this is no such message.
    """
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise Disconnect(CloseCode.BAD_REQUEST, "expected a message of the protocol, got something else") from error


def members(message: Message, where: str) -> JSONObject:
    """Return the members of a message that are there, their payloads decoded.

    Arguments:
        where: what to call it in a refusal.
    Raises:
        BadRequest: a payload is no JSON, or a value is one that JSON may not have either.
    """
    return {field.name: _member(field, value, f"{where}.{field.name}") for field, value in message.ListFields()}


def _member(field: FieldDescriptor, value: JSONValue, where: str) -> JSONValue:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        of = kind.fields_by_name["value"]
        return {_single(kind.fields_by_name["key"], key, where): _single(of, value[key], where) for key in value}
    if field.is_repeated:
        return [_single(field, one, where) for one in value]
    return _single(field, value, where)


def _single(field: FieldDescriptor, value: JSONValue, where: str) -> JSONValue:
    if field.message_type is not None:
        return members(value, where)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _payload(value, where)
    if field.type == FieldDescriptor.TYPE_STRING and "\x00" in value:
        raise BadRequest(f"expected {where} to be text without NUL characters, got one")
    if field.type == FieldDescriptor.TYPE_UINT64 and value > MAX_INTEGER:
        raise BadRequest(f"expected {where} to be at most {MAX_INTEGER}, got {value}")
    return value


def _payload(data: bytes, where: str) -> JSONValue:
    try:
        return decode_json(data.decode())
    except UnicodeDecodeError as error:
        raise BadRequest(f"expected {where} to be JSON in UTF-8, got something else") from error
