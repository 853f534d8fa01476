"""The chat in the admin site. What is saved here reaches readers like anything else: by the rows' signals."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from chat.models import Membership, Message, Profile, Room
from chat.selectors import slug_was_used


class RoomForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Refuses a slug that a deleted room had: its events are still in the log."""

    def clean_slug(self) -> str:
        """Return the slug of a room.

        Raises:
            ValidationError: it is taken, or was once.
        """
        slug: str = self.cleaned_data["slug"]
        if self.instance.pk is None and slug_was_used(slug):
            raise forms.ValidationError("This slug is taken, or was once.")
        return slug


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Changes a member's role only: another user would be another membership."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields["user"].disabled = True


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]  # not subscriptable at run time
    """A room's members, on the room's page."""

    model = Membership
    form = MembershipForm
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Rooms, with their members."""

    form = RoomForm
    list_display = ("slug", "title", "is_private", "is_closed", "created_at")
    list_filter = ("is_private", "is_closed")
    search_fields = ("slug", "title", "topic")
    inlines: ClassVar = [MembershipInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> tuple[str, ...]:
        """Keep the slug of a room that exists: its stream is named after it."""
        return ("slug",) if obj else ()


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Messages."""

    list_display = ("id", "room", "author", "__str__", "created_at", "edited_at")
    list_filter = ("room",)
    list_select_related = ("room", "author")
    search_fields = ("body",)
    autocomplete_fields = ("room", "author")

    def get_readonly_fields(self, request: HttpRequest, obj: Message | None = None) -> tuple[str, ...]:
        """Keep a message in its room: the readers of another one would hear of it only as changed."""
        return ("room",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Message, form: Any, change: bool) -> None:
        """Save a message, marked as edited where its text changed."""
        if change and "body" in form.changed_data:
            obj.edited_at = timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """How users are shown."""

    list_display = ("user", "display_name")
    list_select_related = ("user",)
    search_fields = ("user__username", "display_name")
    autocomplete_fields = ("user",)
