"""The engine's rows in the admin: to be looked at; only API keys can be revoked there."""

from django.contrib import admin
from django.http import HttpRequest

from hub.models import ApiKey, Event, Stream


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Shows rows that only the engine may write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: an event written here would break the order of its stream."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: readers have seen it as it was."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: a stream has no holes."""
        return False


@admin.register(Stream)
class StreamAdmin(ReadOnlyAdmin):
    """Streams and how far they go."""

    list_display = ("name", "head", "floor", "epoch", "created_at")
    search_fields = ("name",)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events as they were sent."""

    list_display = ("stream", "offset", "type", "at", "key")
    list_filter = ("type",)
    search_fields = ("stream__name",)
    list_select_related = ("stream",)


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """API keys: who has one, and ending it. They are made with `manage.py apikey`, which shows the key once."""

    list_display = ("name", "prefix", "user", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
    readonly_fields = ("prefix", "hash", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the key itself would never be seen."""
        return False
