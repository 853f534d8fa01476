"""The engine as a Django application."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    """Puts the engine together: system checks, the namespaces of the settings, signals, and the Celery application."""

    name = "hub"
    verbose_name = "Hubbub"

    def ready(self) -> None:
        """Load what must exist in every process: shared tasks bind to the Celery application loaded here."""
        from hub import celery, checks, retention, signals  # noqa: F401
        from hub.conf import conf
        from hub.namespaces import namespaces
        from hub.namespaces.declared import declare

        signals.connect()
        declare(conf.NAMESPACES, namespaces)
