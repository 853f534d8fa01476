"""API keys: made once, stored as a hash, and worth nothing once they are over."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from hub import apikeys
from hub.core.errors import Unauthorized
from hub.models import ApiKey

pytestmark = pytest.mark.django_db

NOTIFY = ["notifications:write"]


def test_a_key_is_verified_as_its_users(ann: User) -> None:
    row, key = apikeys.issue("backups", ann, NOTIFY)
    verified = apikeys.verify(key)
    assert (verified.pk, verified.user, verified.scopes) == (row.pk, ann, NOTIFY)


def test_only_a_hash_of_the_key_is_stored(ann: User) -> None:
    row, key = apikeys.issue("backups", ann, NOTIFY)
    stored = " ".join(str(value) for value in ApiKey.objects.values().get(pk=row.pk).values())
    assert key not in stored and key[9:] not in stored
    assert key.startswith(row.prefix)


def test_no_two_keys_are_alike(ann: User) -> None:
    keys = {apikeys.issue("backups", ann, NOTIFY)[1] for _ in range(20)}
    assert len(keys) == 20
    assert all(len(key) >= 43 for key in keys), "256 bits take 43 characters"


@pytest.mark.parametrize("key", ["", "hub_", "hub_wrong", "\x00", "ü" * 100, "x" * 10_000])
def test_a_key_that_was_never_made_is_refused(ann: User, key: str) -> None:
    apikeys.issue("backups", ann, NOTIFY)
    with pytest.raises(Unauthorized, match="expected a valid API key"):
        apikeys.verify(key)


def test_a_key_a_little_wrong_is_refused(ann: User) -> None:
    _, key = apikeys.issue("backups", ann, NOTIFY)
    for wrong in (key[:-1], key + "x", key.swapcase(), f" {key}"):
        with pytest.raises(Unauthorized):
            apikeys.verify(wrong)


def test_an_ended_key_is_refused_in_the_words_for_an_unknown_one(ann: User) -> None:
    now = timezone.now()
    revoked, revoked_key = apikeys.issue("revoked", ann, NOTIFY)
    ApiKey.objects.filter(pk=revoked.pk).update(revoked_at=now)
    _, expired_key = apikeys.issue("expired", ann, NOTIFY, expires_at=now)
    words = set()
    for key in (revoked_key, expired_key, "hub_unknown"):
        with pytest.raises(Unauthorized) as refusal:
            apikeys.verify(key)
        words.add(refusal.value.message)
    assert len(words) == 1


def test_a_key_that_ends_later_is_good_until_then(ann: User) -> None:
    _, key = apikeys.issue("backups", ann, NOTIFY, expires_at=timezone.now() + timedelta(minutes=1))
    assert apikeys.verify(key).user == ann


def test_the_key_of_a_disabled_user_is_refused(ann: User) -> None:
    _, key = apikeys.issue("backups", ann, NOTIFY)
    User.objects.update(is_active=False)
    with pytest.raises(Unauthorized):
        apikeys.verify(key)


def test_the_last_use_is_kept_to_the_minute(ann: User) -> None:
    row, key = apikeys.issue("backups", ann, NOTIFY)

    def used_after(last: timedelta | None) -> bool:
        """Say whether a use changes a last use of so long ago."""
        before = None if last is None else timezone.now() - last
        ApiKey.objects.update(last_used_at=before)
        apikeys.verify(key)
        return ApiKey.objects.get(pk=row.pk).last_used_at != before

    assert used_after(None)
    assert not used_after(timedelta(seconds=30))
    assert used_after(timedelta(seconds=61))


def test_an_unknown_scope_is_refused(ann: User) -> None:
    with pytest.raises(
        ValueError, match="expected scopes out of notifications:write, chat:write, server, got 'everything'"
    ):
        apikeys.issue("backups", ann, ["everything"])
    assert not ApiKey.objects.exists()


def command(*arguments: str) -> str:
    """Run `manage.py apikey`, and return what it prints."""
    output = StringIO()
    call_command("apikey", *arguments, stdout=output)
    return output.getvalue().strip()


def test_the_command_prints_a_key_that_works(ann: User) -> None:
    key = command("backups", "--user", "ann", "--scope", "notifications:write", "--scope", "chat:write", "--days", "1")
    row = apikeys.verify(key)
    assert (row.name, row.user, row.scopes) == ("backups", ann, ["notifications:write", "chat:write"])
    assert row.expires_at is not None
    assert timedelta(hours=23) < row.expires_at - timezone.now() <= timedelta(days=1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("backups", "--user", "nobody", "--scope", "chat:write"), "expected --user to name an active user"),
        (("backups", "--user", "ann", "--scope", "chat:write", "--days", "0"), "expected --days to be"),
        (("backups", "--user", "ann", "--scope", "chat:write", "--days", "9999999999"), "expected --days to be"),
        (("backups", "--user", "ann", "--scope", "everything"), "invalid choice: 'everything'"),
        (("backups", "--user", "ann"), "--scope"),
        (("x" * 101, "--user", "ann", "--scope", "chat:write"), "expected a name of 1 to 100 characters"),
        (("", "--user", "ann", "--scope", "chat:write"), "expected a name of 1 to 100 characters"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(ann: User, arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        command(*arguments)
    assert not ApiKey.objects.exists()
