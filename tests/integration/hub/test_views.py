"""The site's pages: what is shown when something is not there, or fails."""

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from hub.views import server_error

pytestmark = pytest.mark.django_db


def test_an_unknown_address_gives_a_page_with_a_way_back(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()
    assert 'href="/"' in response.content.decode()


def test_the_app_page_asks_to_log_in(client: Client) -> None:
    response = client.get("/?room=lobby")
    assert response.status_code == 302
    assert response.headers["Location"] == "/login/?next=/%3Froom%3Dlobby"


def test_the_app_page_is_not_kept_by_the_browser(client: Client, ann: User) -> None:
    client.force_login(ann)
    response = client.get("/")
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_the_app_page_knows_its_user(client: Client) -> None:
    user = User.objects.create_user("bea", first_name="Bea", last_name='"King" <b>')
    client.force_login(user)
    page = client.get("/").content.decode()
    assert f'user-id="{user.pk}"' in page
    assert 'username="bea"' in page
    assert 'display-name="Bea &quot;King&quot; &lt;b&gt;"' in page
    assert "admin-url" not in page


def test_staff_find_the_administration(client: Client) -> None:
    client.force_login(User.objects.create_user("bea", is_staff=True))
    assert 'admin-url="/admin/"' in client.get("/").content.decode()


def test_the_app_page_gives_its_scripts_a_csrf_token(client: Client, ann: User) -> None:
    client.force_login(ann)
    assert "csrftoken" in client.get("/").cookies


def test_the_pages_need_no_inline_script_or_style(client: Client, ann: User) -> None:
    client.force_login(ann)
    for path in ("/", "/login/"):
        page = client.get(path).content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert page.count("<script") == page.count('<script type="module" src=')


def test_the_login_page_shows_the_demo_accounts_in_demo_mode_only(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Demo accounts" not in client.get("/login/").content.decode()
    monkeypatch.setenv("HUBBUB_ENV", "demo")
    assert "Demo accounts" in client.get("/login/").content.decode()


def test_a_failing_page_shows_no_traceback(rf: RequestFactory) -> None:
    response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert "The fault is ours" in response.content.decode()


def test_a_failing_api_call_answers_json(rf: RequestFactory) -> None:
    response = server_error(rf.get("/api/v1/rooms/"))
    assert response.status_code == 500
    assert response.content == b'{"error": {"code": 100, "message": "internal server error"}}'
