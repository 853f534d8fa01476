"""The checked-in Python of the protocol's messages, its description, the schema, and the module of a real client."""

import subprocess
import sys
from pathlib import Path

import pytest
from centrifuge.protocol import client_pb2 as of_the_sdk
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from hub.conf import BASE_DIR
from hub.core.schema import MESSAGES, METHODS, PUSHES, Member, Scalar, Shape
from hub.protobuf import client_pb2

SOURCE = "hub/protobuf/client.proto"
OURS = client_pb2.DESCRIPTOR.message_types_by_name
THEIRS = of_the_sdk.DESCRIPTOR.message_types_by_name

SCALARS = {
    FieldDescriptor.TYPE_STRING: Scalar.TEXT,
    FieldDescriptor.TYPE_BOOL: Scalar.FLAG,
    FieldDescriptor.TYPE_INT32: Scalar.INT32,
    FieldDescriptor.TYPE_UINT32: Scalar.UINT32,
    FieldDescriptor.TYPE_INT64: Scalar.INT64,
    FieldDescriptor.TYPE_UINT64: Scalar.UINT64,
    FieldDescriptor.TYPE_BYTES: Scalar.PAYLOAD,
}
#: What the client's module does not have yet: members that Centrifugo's later versions brought.
NEWER = {("SubscribeRequest", "type"), ("PublishRequest", "type"), ("SubRefreshRequest", "type")}


def member_of(field: FieldDescriptor) -> tuple[Scalar | str, Shape]:
    """Return what the schema should say of a field."""
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        return member_of(kind.fields_by_name["value"])[0], Shape.MAP
    return kind.name if kind is not None else SCALARS[field.type], Shape.LIST if field.is_repeated else Shape.ONE


def shape_on_the_wire(message: Descriptor) -> dict[str, tuple[int, int, bool, str]]:
    """Return number, type and whether it is repeated, for each field of a message."""
    return {
        field.name: (
            field.number,
            field.type,
            field.is_repeated,
            field.message_type.name if field.message_type is not None else "",
        )
        for field in message.fields
    }


def messages_of(name: str) -> dict[str, str]:
    """Return the names of the messages that a message may hold, by field."""
    kinds = {field.name: field.message_type for field in OURS[name].fields}
    return {key: kind.name for key, kind in kinds.items() if kind is not None}


@pytest.mark.parametrize("name", ["client_pb2.py", "client_pb2.pyi"])
def test_what_is_checked_in_is_what_the_description_gives(tmp_path: Path, name: str) -> None:
    command = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        "-I",
        ".",
        f"--python_out={tmp_path}",
        f"--pyi_out={tmp_path}",
    ]
    subprocess.run([*command, SOURCE], cwd=BASE_DIR, check=True)
    assert (BASE_DIR / "hub/protobuf" / name).read_text() == (tmp_path / "hub/protobuf" / name).read_text()


def test_the_schema_has_the_messages_of_the_description() -> None:
    assert set(MESSAGES) | {"Command", "Reply", "Push", "EmulationRequest"} == set(OURS)


@pytest.mark.parametrize("name", MESSAGES)
def test_the_schema_says_what_the_description_says(name: str) -> None:
    said = {key: Member(*member_of(field)) for key, field in OURS[name].fields_by_name.items()}
    assert said == {key: Member(member.type, member.shape) for key, member in MESSAGES[name].items()}


def test_each_method_and_push_has_its_messages() -> None:
    commands = messages_of("Command")
    assert commands == {method: request for method, (request, _) in METHODS.items()}
    assert list(commands) == list(METHODS)
    assert messages_of("Reply") == {method: result for method, (_, result) in METHODS.items() if result} | {
        "error": "Error",
        "push": "Push",
    }
    assert messages_of("Push") == PUSHES | {"pub": "Publication"}


@pytest.mark.parametrize("name", OURS)
def test_a_real_client_has_the_same_numbers(name: str) -> None:
    theirs = shape_on_the_wire(THEIRS[name])
    for key, shape in shape_on_the_wire(OURS[name]).items():
        if (name, key) not in NEWER:
            assert shape[:3] == theirs[key][:3], key
            # The names of the entries of maps, too, are made of the message's and the field's.
            assert shape[3] == theirs[key][3], key


def test_what_is_newer_than_the_client_is_not_in_its_module() -> None:
    assert not [key for name, key in NEWER if key in THEIRS[name].fields_by_name]
