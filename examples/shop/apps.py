"""The shop as a Django application."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Connects the shop's signals, and registers its checks and its streams."""

    name = "examples.shop"
    label = "shop"
    verbose_name = "Shop (example)"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect everything; models can be imported from here on."""
        from examples.shop import checks, signals  # noqa: F401
        from examples.shop.namespaces import OrderNamespace
        from hub.namespaces import namespaces

        signals.connect()
        namespaces.register(OrderNamespace())
