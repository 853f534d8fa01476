"""The chat as a Django application."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers the chat's namespace and connects its signals."""

    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect everything; models can be imported from here on."""
        from chat import signals
        from chat.namespaces import ChatNamespace
        from hub.namespaces import namespaces

        signals.connect()
        namespaces.register(ChatNamespace())
