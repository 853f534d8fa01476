"""The rows of the chat: profiles, rooms, memberships and messages."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.utils import timezone

from hub.models import AtomicModel

#: Longest message, in characters.
MAX_BODY = 4_000

#: Lower case only: `Lobby` beside `lobby` would be a look-alike of another room.
SLUG = RegexValidator(
    r"\A[a-z0-9][a-z0-9_-]*\Z", "Use lower-case letters a-z, digits, - and _, and start with a letter or digit."
)


class Profile(AtomicModel):
    """How a user is shown to others."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    #: The name shown; the username where it is empty.
    display_name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering: ClassVar = ["user_id"]

    def __str__(self) -> str:
        return self.display_name or f"profile of user {self.user_id}"


class Room(AtomicModel):
    """A place to talk; its stream is `chat:<slug>`, so the slug never changes."""

    slug = models.SlugField(max_length=64, unique=True, validators=[SLUG])
    title = models.CharField(max_length=100)
    topic = models.CharField(max_length=250, blank=True)
    #: Members alone know of a private room.
    is_private = models.BooleanField(default=False)
    #: A closed room is read-only.
    is_closed = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.title


class Membership(AtomicModel):
    """That a user belongs to a room."""

    class Role(models.TextChoices):
        """What a member may do besides reading and posting."""

        OWNER = "owner", "owner"
        MEMBER = "member", "member"

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["room", "user"], name="chat_membership_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} in room {self.room_id}"


class Message(AtomicModel):
    """What somebody said in a room."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages")
    #: None once the user is deleted.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    #: Plain text, 1 to 4,000 characters.
    body = models.TextField(validators=[MaxLengthValidator(MAX_BODY)])
    #: Idempotency key of the author's choice.
    key = models.CharField(max_length=200, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["id"]
        # NULL differs from NULL in a unique constraint: messages without a key, or without an author, never clash.
        constraints: ClassVar = [models.UniqueConstraint(fields=["room", "author", "key"], name="chat_message_key")]
        indexes: ClassVar = [models.Index(fields=["room", "id"], name="chat_message_page")]

    def __str__(self) -> str:
        return self.body[:60]
