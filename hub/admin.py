"""The engine's rows in the admin: to be looked at; API keys can be revoked there, and failed tasks tried again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from hub.models import ApiKey, Event, Stream, TaskRecord
from hub.tasks import records


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


@admin.register(TaskRecord)
class TaskRecordAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Durable tasks that are not done: those that wait, those at work, and those that were moved aside."""

    list_display = ("task", "state", "attempts", "due_at", "created_at", "last_words")
    list_filter = ("state", "task")
    search_fields = ("id", "body")
    actions = ("try_again",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a row without its message would wait for the sweep; `delay` makes both."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Return all fields: a task is what its caller has made it."""
        return [field.name for field in TaskRecord._meta.fields]

    @admin.display(description="error")
    def last_words(self, record: TaskRecord) -> str:
        """Return the last line of the error: what it was, without how it came to it."""
        return record.error.strip().rpartition("\n")[2][:120]

    @admin.action(description="Try selected tasks again")
    def try_again(self, request: HttpRequest, queryset: QuerySet[TaskRecord]) -> None:
        """Have those that were moved aside be tried anew; the next sweep sends them."""
        count = records.move_back(queryset)
        self.message_user(request, f"Tasks tried again: {count}.", messages.SUCCESS)
