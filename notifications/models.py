"""The rows of the notifications: what a user is told, what they want to be told, and their inbox."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.utils import timezone

from hub.models import AtomicModel
from notifications.links import MAX_URL, validate_link

#: Longest title and longest body, in characters.
MAX_TITLE = 200
MAX_BODY = 4_000

KIND = RegexValidator(r"\A[a-z][a-z0-9_.-]{0,39}\Z", "Use 1 to 40 of a-z, 0-9, _, . and -, and start with a letter.")


def validate_kinds(value: Any) -> None:
    """Refuse, in a form, what is no list of kinds; a validator of Django.

    Raises:
        ValidationError: it is something else.
    """
    if not isinstance(value, list) or not all(isinstance(kind, str) for kind in value):
        raise ValidationError('Expected a list of kinds, like ["alert", "mention"].')
    for kind in value:
        KIND(kind)


class Notification(AtomicModel):
    """Something that one user is told."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    #: What sort it is, e.g. `alert` or `mention`; users mute by kind.
    kind = models.CharField(max_length=40, default="alert", validators=[KIND])
    title = models.CharField(max_length=MAX_TITLE)
    #: Plain text.
    body = models.TextField(blank=True, validators=[MaxLengthValidator(MAX_BODY)])
    #: Where it leads: a path of this site, or a web address.
    url = models.CharField(max_length=MAX_URL, blank=True, validators=[validate_link])
    #: Idempotency key of the sender's choice.
    key = models.CharField(max_length=200, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    #: None while it is unread.
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        # NULL differs from NULL in a unique constraint: notifications without a key never clash.
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="notifications_key")]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="notifications_page"),
            models.Index(fields=["user"], condition=models.Q(read_at__isnull=True), name="notifications_unread"),
        ]

    def __str__(self) -> str:
        return self.title


class Preference(AtomicModel):
    """What a user wants to be told, and how."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    #: Kinds that raise no badge: they come in as read.
    muted_kinds = models.JSONField(default=list, blank=True, validators=[validate_kinds])
    #: Whether the browser may show notifications on the desktop.
    desktop = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["user_id"]

    def __str__(self) -> str:
        return f"preferences of user {self.user_id}"


class Inbox(AtomicModel):
    """The place where a user's notifications come in.

    The row is their common lock: a service that writes to an inbox takes it first, so that two devices, or an alert
    and a device, change one inbox one after the other. (The unread count is no column here: it is counted under the
    stream's lock, from an index that holds unread rows only, so that no write path can make it wrong.)
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbox")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["user_id"]
        verbose_name_plural = "inboxes"

    def __str__(self) -> str:
        return f"inbox of user {self.user_id}"
