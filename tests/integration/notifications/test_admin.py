"""The notifications in the admin site."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.models import Inbox, Notification
from notifications.services import notify
from tests.streams import events_of, types_of

pytestmark = pytest.mark.django_db

NOTIFICATIONS = "/admin/notifications/notification/"


def test_a_notification_saved_here_reaches_its_user(admin_client: Client, ann: User, inbox: str) -> None:
    data = {"user": ann.pk, "kind": "alert", "title": "From the office"}
    assert admin_client.post(f"{NOTIFICATIONS}add/", data).status_code == 302
    path = f"{NOTIFICATIONS}{Notification.objects.get().pk}"
    assert admin_client.post(f"{path}/change/", {**data, "title": "Corrected"}).status_code == 302
    assert admin_client.post(f"{path}/delete/", {"post": "yes"}).status_code == 302
    told = events_of(inbox)
    assert [type_ for type_, _ in told] == ["notification.created", "notification.updated", "notification.deleted"]
    assert [data["unread"] for _, data in told] == [1, 1, 0]


def test_notifications_deleted_together_reach_their_user(admin_client: Client, ann: User, inbox: str) -> None:
    selected = [notify(ann, title=title).pk for title in ("one", "two")]
    data = {"action": "delete_selected", "_selected_action": selected, "post": "yes"}
    assert admin_client.post(NOTIFICATIONS, data).status_code == 302
    assert types_of(inbox, 2) == ["notification.deleted"] * 2


@pytest.mark.parametrize(
    ("field", "value"), [("url", "javascript:alert(1)"), ("kind", "No kind"), ("title", ""), ("body", "x" * 4_001)]
)
def test_a_form_refuses_what_makes_no_sense(admin_client: Client, ann: User, field: str, value: str) -> None:
    data = {"user": ann.pk, "kind": "alert", "title": "x", field: value}
    response = admin_client.post(f"{NOTIFICATIONS}add/", data)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]


@pytest.mark.parametrize(
    ("kinds", "status"), [('["a"]', 302), ("[]", 302), ('"alert"', 200), ("[1]", 200), ('["A"]', 200)]
)
def test_muted_kinds_are_a_list_of_kinds(admin_client: Client, ann: User, kinds: str, status: int) -> None:
    path = f"/admin/notifications/preference/{ann.preference.pk}/change/"
    response = admin_client.post(path, {"user": ann.pk, "muted_kinds": kinds, "desktop": "on"})
    assert response.status_code == status


def test_an_inbox_is_there_to_be_seen(admin_client: Client, ann: User) -> None:
    path = f"/admin/notifications/inbox/{Inbox.objects.get(user=ann).pk}"
    assert admin_client.get(f"{path}/change/").status_code == 200
    assert admin_client.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get("/admin/notifications/inbox/add/").status_code == 403


@pytest.mark.parametrize("page", ["notification", "preference", "inbox", "notification/add", "preference/add"])
def test_every_page_opens(admin_client: Client, ann: User, page: str) -> None:
    notify(ann, title="x")
    assert admin_client.get(f"/admin/notifications/{page}/").status_code == 200
