"""The engine as a Django application."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    """Registers the engine's system checks, connects its signals and makes the Celery application the default one."""

    name = "hub"
    verbose_name = "Hubbub"

    def ready(self) -> None:
        """Load what must exist in every process: shared tasks bind to the Celery application loaded here."""
        from hub import celery, checks, signals  # noqa: F401

        signals.connect()
