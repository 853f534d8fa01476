"""`manage.py token`: a token on standard output that opens what a token opens."""

import time
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from hub import tokens
from hub.conf import conf

pytestmark = pytest.mark.django_db


def token(*arguments: str) -> str:
    """Run the command, and return what it prints."""
    output = StringIO()
    call_command("token", *arguments, stdout=output)
    return output.getvalue()


def test_the_token_is_the_users_and_stands_alone_on_its_line(ann: User) -> None:
    printed = token("ann")
    assert printed.count("\n") == 1 and printed.endswith("\n")
    assert tokens.verify(printed.strip()).user_id == ann.pk


@pytest.mark.parametrize(("arguments", "ttl"), [((), conf.TOKEN_TTL), (("--ttl", "60"), 60), (("--ttl", "1"), 1)])
def test_it_lives_as_long_as_asked(ann: User, arguments: tuple[str, ...], ttl: int) -> None:
    before = time.time()
    expires_at = tokens.verify(token("ann", *arguments).strip()).expires_at.timestamp()
    # Tokens count whole seconds.
    assert before + ttl - 1 <= expires_at <= time.time() + ttl + 1


@pytest.mark.parametrize("ttl", ["0", "-1", "999999999999", "99999999999999999999"])
def test_a_time_that_is_none_is_refused_with_a_sentence(ann: User, ttl: str) -> None:
    with pytest.raises(CommandError) as refusal:
        token("ann", "--ttl", ttl)
    assert str(refusal.value)


@pytest.mark.parametrize("name", ["nobody", "", "Ann"])
def test_a_user_there_is_not_is_refused(ann: User, name: str) -> None:
    with pytest.raises(CommandError, match="expected the name of an active user"):
        token(name)


def test_a_disabled_user_gets_none(ann: User) -> None:
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="expected the name of an active user, got 'ann'"):
        token("ann")


def test_the_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        token("--help")
    assert ending.value.code == 0
    assert "  python manage.py token demo\n" in capsys.readouterr().out
