"""Writing to the chat from a worker."""

import pytest
from django.contrib.auth.models import User

from chat.errors import RoomClosed, UnknownRoom, UnknownUser
from chat.models import Message, Room
from chat.tasks import post_message
from tests.busy import busy_database_for_one_run

pytestmark = pytest.mark.django_db


def test_a_task_posts_a_message(lobby: Room, bob: User) -> None:
    assert post_message("bob", "lobby", "hi", key="k") == Message.objects.get(key="k", author=bob).pk


def test_a_task_that_runs_twice_posts_once(lobby: Room, bob: User) -> None:
    results = [post_message.apply(("bob", "lobby", "hi"), task_id="t1").get() for _ in range(2)]
    assert results[0] == results[1] == Message.objects.get().pk


def test_a_plain_call_is_no_repeat(lobby: Room, bob: User) -> None:
    assert post_message("bob", "lobby", "hi") != post_message("bob", "lobby", "hi")


def test_what_will_never_work_is_not_tried_again(lobby: Room, secret: Room, bob: User) -> None:
    lobby.is_closed = True
    lobby.save()
    for arguments, error in (
        (("nobody", "lobby", "hi"), UnknownUser),
        (("bob", "secret", "hi"), UnknownRoom),
        (("bob", "lobby", "hi"), RoomClosed),
    ):
        result = post_message.apply(arguments)
        assert result.state == "FAILURE"
        assert isinstance(result.result, error)


@pytest.mark.django_db(transaction=True)
def test_a_busy_database_is_tried_again_and_posts_once(lobby: Room, bob: User) -> None:
    with busy_database_for_one_run() as runs:
        post_message.apply(("bob", "lobby", "hi"), task_id="t1")
    assert runs == ["t1", "t1"]
    assert Message.objects.get().key == "task:t1"
