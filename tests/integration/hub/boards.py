"""Namespaces for tests of commands: boards that anybody writes to, and passing ones, of which nothing is kept."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, connection, transaction

from hub import tokens
from hub.commands import Request
from hub.core.errors import PermissionDenied
from hub.core.types import JSONObject
from hub.credentials import Credential
from hub.models import ApiKey
from hub.namespaces import Caller, Namespace, StreamName, command, namespaces
from hub.publish import publish


class Boards(Namespace):
    """Streams `board:…`, for everybody but who is called mute."""

    prefix = "board"

    def __init__(self) -> None:
        self.log: list[str] = []
        self.begun = threading.Event()
        self.go = threading.Event()

    def can_subscribe(self, user: User, stream: StreamName) -> bool:
        """Let everybody read."""
        return True

    def can_publish(self, user: User, stream: StreamName) -> bool:
        """Let all but one publish."""
        return user.username != "mute"

    @command("pin", together=True)
    def pin(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Publish `{"text": …}`, and then do what `then` says."""
        self.log.append(f"{caller.stream.rest} {data['text']}")
        if before := data.get("before"):
            getattr(self, f"_{before}")()
        with transaction.atomic():
            place = publish(caller.stream.full, "pinned", {"text": data["text"]}, key=data.get("key"))
            if then := data.get("then"):
                getattr(self, f"_{then}")()
        if after := data.get("after"):
            getattr(self, f"_{after}")()
        return {"offset": place.offset}

    @command("peel")
    def peel(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Publish `{"text": …}` in a transaction of its own."""
        self.log.append(f"{caller.stream.rest} {data['text']}")
        return {"offset": publish(caller.stream.full, "peeled", {"text": data["text"]}).offset}

    def _refuse(self) -> None:
        raise PermissionDenied("not on Sundays")

    def _crash(self) -> None:
        raise ZeroDivisionError("a secret of the server")

    def _fail_in_commit(self) -> None:
        # Foreign keys are looked at when the transaction ends.
        ApiKey.objects.create(name="of nobody", user_id=999_999, hash=f"{len(self.log)}")

    def _fail_beside_others(self) -> None:
        if connection.savepoint_ids:
            raise OperationalError("this cannot be done in a savepoint")

    def _fail_always(self) -> None:
        raise OperationalError("this cannot be done at all")

    def _spoil(self) -> None:
        """Catch an error of the database where there is no savepoint of one's own, which is right outside of one."""
        try:
            with transaction.atomic(savepoint=False):
                raise IntegrityError
        except IntegrityError:
            pass

    def _note_patience(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            self.log.append(cursor.fetchone()[0])

    def _be_durable(self) -> None:
        with transaction.atomic(durable=True):
            pass

    def _fail_afterwards(self) -> None:
        transaction.on_commit(self._crash)

    def _wait(self) -> None:
        self.begun.set()
        assert self.go.wait(60)


class Passing(Boards):
    """Streams `passing:…`."""

    prefix = "passing"
    history = False


@contextmanager
def registered(*added: Namespace) -> Iterator[None]:
    """Have namespaces on the site until the block ends."""
    before = dict(namespaces._namespaces)
    for namespace in added:
        namespaces.register(namespace)
    try:
        yield
    finally:
        namespaces._namespaces = before


def request(user: User, stream: str, name: str = "pin", **data: object) -> Request:
    """Return a command of a user."""
    credential = Credential("token", tokens.issue(user, timedelta(minutes=1)))
    return Request(credential, stream, name, dict(data))
