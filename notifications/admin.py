"""The notifications in the admin site. What is saved here reaches its user like anything else: by the rows' signals."""

from django.contrib import admin
from django.http import HttpRequest

from notifications.models import Inbox, Notification, Preference


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Notifications."""

    list_display = ("id", "user", "kind", "title", "created_at", "read_at")
    list_filter = ("kind",)
    list_select_related = ("user",)
    search_fields = ("title", "body", "user__username")
    autocomplete_fields = ("user",)

    def get_readonly_fields(self, request: HttpRequest, obj: Notification | None = None) -> tuple[str, ...]:
        """Keep a notification with its user: for another one it would be another."""
        return ("user",) if obj else ()


@admin.register(Preference)
class PreferenceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """What users want to be told."""

    list_display = ("user", "muted_kinds", "desktop")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)


@admin.register(Inbox)
class InboxAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Inboxes: there to be seen."""

    list_display = ("user", "created_at")
    list_select_related = ("user",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: an inbox comes with its user."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Inbox | None = None) -> bool:
        """Return False: there is nothing in it to change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Inbox | None = None) -> bool:
        """Return False: an inbox goes with its user."""
        return False
