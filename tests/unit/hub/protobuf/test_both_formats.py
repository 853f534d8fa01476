"""What one codec of the Centrifugo protocol writes and reads means the same in the other."""

import json

from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from hub.core.codecs.centrifugo import JSON
from hub.core.errors import HubError
from hub.core.events import Event
from hub.core.json import decode_json, encode_json
from hub.core.schema import MESSAGES, METHODS, PUSHES, RANGES, Member, Scalar, Shape
from hub.core.types import JSONObject, JSONValue
from hub.core.wire import Payload
from hub.protobuf import client_pb2
from hub.protobuf.codec import PROTOBUF
from hub.protobuf.reading import delimited, members
from tests.unit.hub.core.values import texts, values

#: What the values of a scalar may be.
SCALARS: dict[Scalar, st.SearchStrategy[JSONValue]] = {
    Scalar.TEXT: texts,
    Scalar.FLAG: st.booleans(),
    Scalar.PAYLOAD: values,
    **{scalar: st.integers(least, greatest) for scalar, (least, greatest) in RANGES.items()},
}
infos = st.deferred(lambda: messages("ClientInfo"))
metas = st.builds(
    lambda tags, info: encode_json(({"tags": tags} if tags else {}) | ({"info": info} if info is not None else {})),
    st.dictionaries(texts, texts, max_size=2),
    st.none() | infos,
)
events = st.builds(
    Event,
    st.none() | st.integers(1, 2**53),
    st.sampled_from(["message", "message.created", "typing"]),
    st.datetimes().map(lambda at: at.isoformat(timespec="milliseconds") + "Z"),
    values.map(encode_json),
    st.just("") | metas,
)


def member(of: Member) -> st.SearchStrategy[JSONValue]:
    """Return what a member may be."""
    if of.type == "Publication":
        return st.lists(events, max_size=3)
    one = messages(of.type) if isinstance(of.type, str) else SCALARS[of.type]
    if of.shape is Shape.ONE:
        return one
    return st.lists(one, max_size=2) if of.shape is Shape.LIST else st.dictionaries(texts, one, max_size=2)


def messages(name: str) -> st.SearchStrategy[JSONObject]:
    """Return what a message of the schema may be."""
    # A condition may hold conditions without end.
    of = {key: value for key, value in MESSAGES[name].items() if value.type != "FilterNode" or name != "FilterNode"}
    return st.fixed_dictionaries({}, optional={key: member(value) for key, value in of.items()})


results = st.sampled_from([method for method in METHODS if METHODS[method][1]]).flatmap(
    lambda method: st.tuples(st.just(method), messages(METHODS[method][1]))
)
requests = st.sampled_from(list(METHODS)).flatmap(
    lambda method: st.tuples(st.just(method), messages(METHODS[method][0]))
)
pushes = st.sampled_from(list(PUSHES)).flatmap(lambda kind: st.tuples(st.just(kind), messages(PUSHES[kind])))


def without_zeros(name: str, message: JSONObject) -> JSONObject:
    """Return a message that JSON carried, without what is written only because clients want to see it."""
    kept = {key: value for key, value in message.items() if value or not MESSAGES[name][key].always}
    return kept if name not in {"Join", "Leave"} else {"info": message["info"]}


def meant(frame: Payload, message: Message) -> JSONObject:
    """Return the members of the one message in a frame of protobuf."""
    assert isinstance(frame, bytes)
    [data] = delimited(frame)
    message.ParseFromString(data)
    return members(message, "")


def with_deltas(name: str, message: JSONObject) -> JSONObject:
    """Return a message that protobuf carried with the data of delta readers as JSON has them: their text, escaped."""
    message = dict(message)
    if name in {"Connect", "ConnectResult"} and "subs" in message:
        message["subs"] = {key: with_deltas("SubscribeResult", one) for key, one in message["subs"].items()}
    if name == "SubscribeResult" and message.get("delta") and "publications" in message:
        message["publications"] = [one | {"data": encode_json(one["data"])} for one in message["publications"]]
    return message


@given(st.integers(0, 2**32 - 1), results)
def test_a_reply_means_the_same_in_both_formats(command_id: int, result: tuple[str, JSONObject]) -> None:
    method, said = result
    name = METHODS[method][1]
    as_json = decode_json(str(JSON.reply(command_id, method, said)))
    as_protobuf = meant(PROTOBUF.reply(command_id, method, said), client_pb2.Reply())
    assert as_json.get("id", 0) == as_protobuf.get("id", 0) == command_id
    assert without_zeros(name, as_json[method]) == with_deltas(name, as_protobuf[method])


@given(pushes, texts, st.booleans())
def test_a_push_means_the_same_in_both_formats(push: tuple[str, JSONObject], channel: str, bare: bool) -> None:
    kind, body = push
    as_json = decode_json(str(JSON.push(kind, body, channel, bare=bare)))
    written = PROTOBUF.push(kind, body, channel, bare=bare)
    as_protobuf = meant(written, client_pb2.Push() if bare else client_pb2.Reply())
    if not bare:
        as_json, as_protobuf = as_json["push"], as_protobuf["push"]
    assert as_json.get("channel", "") == as_protobuf.get("channel", "") == channel
    assert without_zeros(PUSHES[kind], as_json[kind]) == with_deltas(PUSHES[kind], as_protobuf[kind])


@given(events, texts, st.booleans(), st.booleans())
def test_a_publication_means_the_same_in_both_formats(event: Event, stream: str, bare: bool, delta: bool) -> None:
    as_json = json.loads(JSON.wire(bare=bare, delta=delta).encode(stream, event))
    as_protobuf = meant(
        PROTOBUF.wire(bare=bare, delta=delta).encode(stream, event), client_pb2.Push() if bare else client_pb2.Reply()
    )
    if not bare:
        as_json, as_protobuf = as_json["push"], as_protobuf["push"]
    if delta:
        as_json["pub"]["data"] = json.loads(as_json["pub"]["data"])
    assert as_json.pop("channel", "") == as_protobuf.pop("channel", "") == stream
    assert as_json == as_protobuf


def as_protobuf_of(message: Message, name: str, request: JSONObject) -> None:
    """Write a request into a message as a client would."""
    message.SetInParent()
    for key, value in request.items():
        of = MESSAGES[name][key]
        if of.type is Scalar.PAYLOAD:
            setattr(message, key, encode_json(value).encode())
        elif isinstance(of.type, Scalar):
            if of.shape is Shape.MAP:
                getattr(message, key).update(value)
            elif of.shape is Shape.LIST:
                getattr(message, key).extend(value)
            else:
                setattr(message, key, value)
        elif of.shape is Shape.ONE:
            as_protobuf_of(getattr(message, key), of.type, value)
        elif of.shape is Shape.MAP:
            for one, inner in value.items():
                as_protobuf_of(getattr(message, key)[one], of.type, inner)


def test_it_is_told_of_every_client_that_may_connect() -> None:
    # What is read from a client may be as deep, alone.
    info: JSONValue = 1
    for _ in range(31):
        info = [info]
    event = Event(None, "client.join", "", encode_json({"info": {"user": "", "client": "c", "conn_info": info}}))
    as_json, as_protobuf = (codec.wire(join_leave=True).encode("board:a", event) for codec in (JSON, PROTOBUF))
    assert isinstance(as_json, str) and encode_json(info) in as_json
    assert isinstance(as_protobuf, bytes) and encode_json(info).encode() in as_protobuf


@given(st.integers(0, 2**32 - 1), requests)
def test_a_command_is_read_the_same_from_both_formats(command_id: int, request_: tuple[str, JSONObject]) -> None:
    method, asked = request_
    command = client_pb2.Command(id=command_id)
    as_protobuf_of(getattr(command, method), METHODS[method][0], asked)
    data = command.SerializeToString()
    from_protobuf = PROTOBUF.decode(_length(len(data)) + data)
    assert from_protobuf == JSON.decode(encode_json({"id": command_id, method: asked}))


def _length(number: int) -> bytes:
    length = bytearray()
    while number > 0x7F:
        length.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*length, number])


@given(st.integers(0, 2**32 - 1), st.sampled_from(HubError.__subclasses__()), texts)
def test_an_error_means_the_same_in_both_formats(command_id: int, kind: type[HubError], words: str) -> None:
    error = kind(words)
    assert decode_json(JSON.error(command_id, error)) == {
        **({"id": command_id} if command_id else {}),
        "error": meant(PROTOBUF.error(command_id, error), client_pb2.Reply())["error"],
    }
