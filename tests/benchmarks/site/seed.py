"""Makes the users of a benchmark, their groups, and what they prove themselves with: `seed USERS ROOMS FILE`."""

import json
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.conf import settings

#: The group that everyone is in.
EVERYONE = "hall"
#: Rows written by one statement.
BATCH = 500
#: How long they may come in.
VALID = timedelta(days=1)


def seed(users: int, rooms: int) -> list[dict[str, str]]:
    """Make users, one group of all and one for each room. User n is in the group `room<n modulo rooms>`.

    Returns:
        Of each user `token`, and `session`, the key of a session in which they are logged in.
    """
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import Group, User

    from chat.models import Profile, Room
    from notifications.models import Inbox

    # One that fits no password, the same for all: none of them logs in by it.
    password = make_password(None)
    User.objects.bulk_create([User(username=f"user{n}", password=password) for n in range(users)], BATCH)
    made = list(User.objects.filter(password=password).order_by("pk"))
    # Made by signals, which bulk_create does not send.
    Profile.objects.bulk_create([Profile(user=user) for user in made], BATCH)
    Inbox.objects.bulk_create([Inbox(user=user) for user in made], BATCH)
    Room.objects.create(slug=EVERYONE, title="Hall")
    hall = Group.objects.create(name=EVERYONE)
    groups = Group.objects.bulk_create([Group(name=f"room{n}") for n in range(rooms)])
    through = User.groups.through
    pairs = [(user.pk, group.pk) for n, user in enumerate(made) for group in (hall, groups[n % rooms])]
    through.objects.bulk_create([through(user_id=user, group_id=group) for user, group in pairs], BATCH)
    tokens, sessions = _issue_tokens(made), _open_sessions(made)
    return [{"token": token, "session": session} for token, session in zip(tokens, sessions, strict=True)]


def _issue_tokens(users: list[Any]) -> list[str]:
    from hub import tokens

    return [tokens.issue(user, VALID) for user in users]


def _open_sessions(users: list[Any]) -> list[str]:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.models import Session
    from django.utils import timezone
    from django.utils.crypto import get_random_string

    store = import_module(settings.SESSION_ENGINE).SessionStore()
    backend = settings.AUTHENTICATION_BACKENDS[0]
    rows = []
    for user in users:
        logged_in = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: backend,
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        data = store.encode(logged_in)
        rows.append(Session(session_key=get_random_string(32), session_data=data, expire_date=timezone.now() + VALID))
    Session.objects.bulk_create(rows, BATCH)
    return [row.session_key for row in rows]


if __name__ == "__main__":
    django.setup()
    Path(sys.argv[3]).write_text(json.dumps(seed(int(sys.argv[1]), int(sys.argv[2]))))
