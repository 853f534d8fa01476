"""Who may do what with notifications: pure functions."""

from django.contrib.auth.models import User


def can_read(user: User, owner_id: int) -> bool:
    """Return whether the user may read, and mark as read, what is in the inbox of the user with that id: their own."""
    return user.is_active and user.pk == owner_id


def can_notify(user: User) -> bool:
    """Return whether the user may notify others over the REST API; a program's key needs a scope instead."""
    return user.is_active and user.is_staff


def is_muted(kind: str, muted_kinds: list[str]) -> bool:
    """Return whether a notification of that kind is to raise no badge."""
    return kind in muted_kinds
