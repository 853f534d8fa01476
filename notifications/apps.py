"""The notifications as a Django application."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Registers the inboxes' namespace and connects the signals."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect everything; models can be imported from here on."""
        from hub.namespaces import namespaces
        from notifications import signals
        from notifications.namespaces import InboxNamespace

        signals.connect()
        namespaces.register(InboxNamespace())
