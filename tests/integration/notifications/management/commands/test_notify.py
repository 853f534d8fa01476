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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody", "x"], "there is no active user 'nobody'"),
        (["ann", " "], "title: expected 1 to 200 characters, got 0"),
        (["ann", "x", "--url", "javascript:alert(1)"], "url: expected a path of this site"),
    ],
)
def test_what_cannot_be_done_gives_one_sentence_and_exit_code_1(ann: User, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words) as caught:
        run(*arguments)
    assert caught.value.returncode == 1
    assert not Notification.objects.exists()


def test_the_help_shows_examples() -> None:
    parser = Command().create_parser("manage.py", "notify")
    assert isinstance(parser, CommandParser)
    assert 'python manage.py notify demo "Backup finished"\n' in parser.format_help()
