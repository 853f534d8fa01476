"""The rows of the engine: streams, events, keys, tasks; and the base of rows that publish when they are saved."""

import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone


def new_epoch() -> str:
    """Return a random mark for the life of a new stream."""
    return secrets.token_urlsafe(6)


class AtomicModel(models.Model):
    """A row whose save and the events that its signals publish are one transaction (P1).

    Django sends `post_save` after the row of a plain `save()` is committed: a crash in between would leave a row
    that no reader is told of. (It deletes in one transaction by itself.)
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row, together with what its signals do. Arguments and errors are Django's."""
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)


class Stream(models.Model):
    """A named, ordered log of events. Its row is the lock under which offsets are given out."""

    name = models.CharField(max_length=255, unique=True)
    epoch = models.CharField(max_length=16, default=new_epoch)
    #: Offset of the last event; 0 before the first.
    head = models.PositiveBigIntegerField(default=0)
    #: Events up to this offset are no longer kept.
    floor = models.PositiveBigIntegerField(default=0)
    #: The newest version of its state that was published, where publishers count them; 0 where they do not.
    version = models.PositiveBigIntegerField(default=0, db_default=0)
    #: In what life of the publisher's count.
    version_epoch = models.CharField(max_length=100, default="", db_default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """One event of a stream. Written by `hub.log` alone, never changed."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="events")
    offset = models.PositiveBigIntegerField()
    type = models.CharField(max_length=100)
    # JSON text rather than a JSON column: what is replayed is, byte for byte, what was sent when it happened.
    data = models.TextField()
    # JSON text too, or empty: `tags`, and `info` of the client that published it. The database's default as well, for
    # what writes rows without it: the statement of most events, and processes of the version before.
    meta = models.TextField(default="", db_default="", blank=True)
    at = models.DateTimeField()
    #: Idempotency key, of the publisher's choice.
    key = models.CharField(max_length=200, null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["stream", "offset"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "offset"], name="hub_event_offset"),
            models.UniqueConstraint(
                fields=["stream", "key"], condition=models.Q(key__isnull=False), name="hub_event_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream_id}@{self.offset} {self.type}"


class Receipt(models.Model):
    """An idempotency key whose event the log does not keep, or no longer. Written by `hub.log` alone, for a while."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="receipts")
    key = models.CharField(max_length=200)
    #: Where the event stood; 0 where it was never kept.
    offset = models.PositiveBigIntegerField(default=0)
    #: When it was published.
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["stream", "key"], name="hub_receipt_key")]
        indexes: ClassVar = [models.Index(fields=["at"], name="hub_receipt_at")]

    def __str__(self) -> str:
        return f"{self.stream_id} {self.key}"


class ApiKey(models.Model):
    """A program's key for the REST API. Only a hash is stored: the key itself is shown once, when it is made."""

    name = models.CharField(max_length=100)
    #: The user in whose name the program acts.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    #: The first characters of the key, by which a person tells it from others.
    prefix = models.CharField(max_length=16)
    #: SHA-256 of the key in hexadecimal. The key is 256 random bits, so a slow hash would protect nothing more.
    hash = models.CharField(max_length=64, unique=True)
    #: What it may do, e.g. `["notifications:write"]`.
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    #: Last use, to the minute.
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class TaskRecord(models.Model):
    """A durable task that is not done yet. Written by `hub.tasks` alone; the row goes when the task is done."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting"
        #: A worker has begun it, and says so again and again by moving `due_at`.
        RUNNING = "running"
        #: Moved aside: it is not tried again by itself.
        FAILED = "failed"

    #: Celery's id of the task.
    id = models.CharField(max_length=200, primary_key=True)
    #: Its name, e.g. `notifications.tasks.notify`.
    task = models.CharField(max_length=200)
    #: `[args, kwargs]` in the JSON of Celery.
    body = models.TextField()
    queue = models.CharField(max_length=200)
    #: Other options of `apply_async`, such as `priority`.
    options = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    #: Times that a worker has begun it.
    attempts = models.PositiveIntegerField(default=0)
    #: When the sweep takes it up: it was lost on its way, its worker died, or its time has come.
    due_at = models.DateTimeField()
    #: What went wrong last, with the traceback.
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["created_at"]
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="hub_task_due")]

    def __str__(self) -> str:
        return f"{self.task}[{self.id}]"
