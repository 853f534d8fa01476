"""What clients of the Centrifugo protocol send, checked against the schema."""

from hub.core.codes import CloseCode
from hub.core.errors import BadRequest
from hub.core.protocol import Command, Disconnect
from hub.core.schema import MESSAGES, RANGES, Member, Scalar, Shape
from hub.core.types import JSONObject, JSONValue


def refused(command_id: int, method: str, error: BadRequest) -> Command:
    """Return a command whose values cannot be taken, though it can be read.

    Raises:
        Disconnect: with 3501: the command has no id, so nothing but the end of the connection can tell of the error.
    """
    if not command_id:
        raise Disconnect(CloseCode.BAD_REQUEST, error.message)
    return Command(command_id, method, {}, error)


def checked(name: str, value: JSONValue, where: str) -> JSONObject:
    """Return a message that came from a client: the members that the schema has, of the right types, zeros left out.

    Arguments:
        name: which message of the schema it should be.
        where: what to call it in a refusal.
    Raises:
        Disconnect: with 3501: a member is of another type.
    """
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    result = {}
    for key, member in MESSAGES[name].items():
        if key not in value:
            continue
        came = value[key]
        if member.type is Scalar.PAYLOAD:
            result[key] = came
        elif came is not None:
            read = _read(member, came, f"{where}.{key}")
            # A message is told from none even where it is empty.
            if read or (member.shape is Shape.ONE and isinstance(member.type, str)):
                result[key] = read
    return result


def _read(member: Member, value: JSONValue, where: str) -> JSONValue:
    if member.shape is Shape.LIST:
        if not isinstance(value, list):
            raise _wrong(where, "a list", value)
        return [_single(member.type, one, where) for one in value]
    if member.shape is Shape.MAP:
        if not isinstance(value, dict):
            raise _wrong(where, "an object", value)
        return {key: _single(member.type, one, where) for key, one in value.items()}
    return _single(member.type, value, where)


def _single(type_: Scalar | str, value: JSONValue, where: str) -> JSONValue:
    return checked(type_, value, where) if isinstance(type_, str) else checked_scalar(type_, value, where)


def checked_scalar(scalar: Scalar, value: JSONValue, where: str) -> JSONValue:
    """Return a value of a type that came from a client; arguments and errors as with `checked`."""
    if scalar is Scalar.TEXT:
        fits = isinstance(value, str)
    elif isinstance(value, bool) or scalar is Scalar.FLAG:
        # bool is an int in Python, never on the wire.
        fits = isinstance(value, bool) and scalar is Scalar.FLAG
    else:
        least, greatest = RANGES[scalar]
        fits = isinstance(value, int) and least <= value <= greatest
    if not fits:
        raise _wrong(where, scalar.value, value)
    return value


def _wrong(where: str, expected: str, value: JSONValue) -> Disconnect:
    return Disconnect(CloseCode.BAD_REQUEST, f"expected {where:.40} to be {expected}, got {value!r:.40}")
