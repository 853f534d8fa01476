"""Commands of namespaces, called by other programs in the name of a user."""

import json

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chat.events import message_object
from chat.models import Message, Room
from hub import log
from tests.integration.hub.server_api.conftest import Program

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_command_is_carried_out_in_the_name_of_the_keys_user(program: Program, lobby: Room, ann: User) -> None:
    result = program.result("rpc", method="message.post", params={"stream": "chat:lobby", "body": "hi", "key": "k"})
    message = Message.objects.get()
    assert (message.author, message.body) == (ann, "hi")
    assert result["data"] == message_object(message)


def test_only_the_stream_is_taken_out_of_the_data(program: Program) -> None:
    program.result("rpc", method="pin", params={"stream": "board:a", "text": "hi"})
    assert [json.loads(event.data) for event in log.read("board:a", 0, 9)] == [{"text": "hi"}]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, 107),
        ({"method": 5}, 107),
        ({"method": "pin", "params": []}, 107),
        ({"method": "nonsense"}, 104),
        ({"method": "nonsense", "params": {"stream": "board:a"}}, 104),
        ({"method": "message.post", "params": {"stream": "board:a"}}, 104),
        ({"method": "pin", "params": {"text": "hi"}}, 102),
        ({"method": "pin", "params": {"stream": "nowhere:a"}}, 102),
        ({"method": "pin", "params": {"stream": 5}}, 107),
        ({"method": "pin", "params": {"stream": "board:a", "text": "hi", "then": "refuse"}}, 103),
    ],
)
def test_what_cannot_be_done_is_refused(params: dict[str, object], code: int, program: Program) -> None:
    assert program.error("rpc", **params) == code
    assert log.read("board:a", 0, 9) == []


def test_a_command_that_crashes_is_an_internal_error_without_its_words(program: Program) -> None:
    params = {"stream": "board:a", "text": "hi", "then": "crash"}
    answer = program.call("rpc", method="pin", params=params)
    assert answer["error"]["code"] == 100 and "secret" not in json.dumps(answer)
    assert log.read("board:a", 0, 9) == []


def test_the_user_of_the_key_has_no_more_rights_than_elsewhere(program: Program, ann: User) -> None:
    params = {"stream": "board:a", "data": {"n": 1}}
    assert program.result("rpc", method="publish", params=params)["data"]["offset"] == 1
    User.objects.filter(pk=ann.pk).update(username="mute")
    assert program.error("rpc", method="publish", params=params) == 103


def test_the_key_of_the_settings_is_nobodys_and_calls_no_command(settings: Settings, boards: None) -> None:
    settings.HUBBUB_API_KEY = "a key"
    program = Program(**{"X-API-Key": "a key"})
    assert program.error("rpc", method="pin", params={"stream": "board:a", "text": "hi"}) == 108
    assert program.error("rpc", method="nonsense") == 104
