"""`manage.py notify`."""

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.core.management.base import CommandParser

from notifications.events import notification_object
from notifications.management.commands.notify import Command
from notifications.models import Notification

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options: Any) -> str:
    """Run the command, and return what it prints."""
    out = StringIO()
    call_command("notify", *arguments, stdout=out, no_color=True, **options)
    return out.getvalue()


def test_a_user_is_told_from_the_shell(ann: User) -> None:
    said = run("ann", "Disk is full", "--kind", "disk", "--body", "2 % left", "--url", "/admin/")
    notification = Notification.objects.get()
    assert said == f"ann has notification {notification.pk}.\n"
    assert (notification.user, notification.kind, notification.title) == (ann, "disk", "Disk is full")
    assert (notification.body, notification.url) == ("2 % left", "/admin/")


def test_a_repeated_key_says_so(ann: User) -> None:
    run("ann", "x", "--key", "k")
    number = Notification.objects.get().pk
    assert run("ann", "x", "--key", "k") == f"ann had notification {number} with this key already.\n"


def test_the_result_can_be_json(ann: User) -> None:
    said = run("ann", "Größe", "--json")
    assert json.loads(said) == notification_object(Notification.objects.get())
    assert "Größe" in said


def test_several_users_are_told_from_the_shell(ann: User, bob: User) -> None:
    assert run("ann", "bob", "Lunch", "--key", "k") == "2 users have it.\n"
    assert {notification.user for notification in Notification.objects.all()} == {ann, bob}
    assert run("ann", "bob", "Lunch", "--key", "k") == "0 users have it.\n2 had one with this key already.\n"


def test_all_active_users_are_told_from_the_shell(ann: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert json.loads(run("Maintenance", "--all", "--json")) == {"told": 1, "repeated": 0}
    assert Notification.objects.get().user == ann


@pytest.mark.parametrize("arguments", [["x"], ["ann", "x", "--all"]])
def test_somebody_has_to_be_named_or_all(ann: User, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="expected usernames, or --all") as caught:
        run(*arguments)
    assert caught.value.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody", "x"], "there is no active user 'nobody'"),
        (["ann", "nobody", "noone", "x"], "there is no active user 'nobody', 'noone'"),
        (["ann", "bob", " "], "title: expected 1 to 200 characters, got 0"),
        (["ann", " "], "title: expected 1 to 200 characters, got 0"),
        (["ann", "x", "--url", "javascript:alert(1)"], "url: expected a path of this site"),
    ],
)
def test_what_cannot_be_done_gives_one_sentence_and_exit_code_1(
    ann: User, bob: User, arguments: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words) as caught:
        run(*arguments)
    assert caught.value.returncode == 1
    assert not Notification.objects.exists()


def test_the_help_shows_examples() -> None:
    parser = Command().create_parser("manage.py", "notify")
    assert isinstance(parser, CommandParser)
    assert 'python manage.py notify demo "Backup finished"\n' in parser.format_help()
