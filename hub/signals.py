"""From rows of Django's own to rights: a user who is changed, or logged out, is looked at anew (P5).

`QuerySet.update()` sends no signal: whoever disables users that way calls `hub.rights.rights_changed` too, or the
connections end within 30 seconds.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connections
from django.db.models.signals import post_delete, post_migrate, post_save, pre_migrate

from hub.rights import rights_changed


def connect() -> None:
    """Begin to listen. Called once, when Django is ready."""
    hub = apps.get_app_config("hub")
    pre_migrate.connect(migration_begins, sender=hub, dispatch_uid="hub.migration_begins")
    post_migrate.connect(migration_ends, sender=hub, dispatch_uid="hub.migration_ends")
    post_save.connect(user_saved, sender=settings.AUTH_USER_MODEL, dispatch_uid="hub.user_saved")
    post_delete.connect(user_deleted, sender=settings.AUTH_USER_MODEL, dispatch_uid="hub.user_deleted")
    # Rather than `user_logged_out`, which comes before the session is gone, and so too early to see that it is.
    post_delete.connect(session_deleted, sender=Session, dispatch_uid="hub.session_deleted")


def user_saved(
    sender: type[User], instance: User, created: bool, raw: bool, update_fields: Any = None, **kwargs: Any
) -> None:
    """Look anew at a user who may have been disabled, or has another password."""
    # Each login saves the user too, and changes no rights.
    if not created and not raw and set(update_fields or ["is_active"]) != {"last_login"}:
        rights_changed(user_id=instance.pk)


def user_deleted(sender: type[User], instance: User, **kwargs: Any) -> None:
    """Look anew at a user who is gone."""
    rights_changed(user_id=instance.pk)


def session_deleted(sender: type[Session], instance: Session, **kwargs: Any) -> None:
    """Look anew at a user who has logged out somewhere."""
    user_id = instance.get_decoded().get(SESSION_KEY)
    if user_id is not None:
        rights_changed(user_id=User._meta.pk.to_python(user_id))


def migration_begins(using: str, **kwargs: Any) -> None:
    """Let statements take as long as they need: the limit is for requests, and an index of a large log takes longer."""
    _set_statement_timeout(using, "SET statement_timeout = 0")


def migration_ends(using: str, **kwargs: Any) -> None:
    """Limit statements again."""
    _set_statement_timeout(using, "RESET statement_timeout")


def _set_statement_timeout(using: str, statement: str) -> None:
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute(statement)
