"""The server API over HTTP: who may call, what a body has to be, and what every failure looks like."""

import json

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from hub import apikeys
from hub.models import ApiKey
from hub.server_api import methods
from hub.server_api.answers import STATUS
from tests.integration.hub.server_api.conftest import Program

pytestmark = pytest.mark.django_db

PUBLISH = {"channel": "board:a", "data": {}}


@pytest.mark.parametrize("scheme", ["apikey", "ApiKey"])
def test_a_key_comes_in_a_header_or_in_the_address(key: str, scheme: str) -> None:
    assert Program(**{"X-API-Key": key}).post("/api/publish", PUBLISH).status_code == 200
    assert Program(Authorization=f"{scheme} {key}").post("/api/publish", PUBLISH).status_code == 200
    assert Program().post(f"/api/publish?api_key={key}", PUBLISH).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": ""}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer x"}, {"X-API-Key": "é"}]
)
def test_without_a_valid_key_nothing_is_done(headers: dict[str, str], key: str) -> None:
    for path in ("/api/publish", "/api/batch", "/api/nonsense", "/api"):
        response = Program(**headers).post(path, PUBLISH)
        assert response.status_code == 401
        assert json.loads(response.content)["error"]["code"] == 101
    assert Program(**headers).post("/api/publish?api_key=wrong", PUBLISH).status_code == 401


def test_the_header_of_its_own_goes_before_the_others(key: str) -> None:
    assert Program(**{"X-API-Key": "wrong"}).post(f"/api/publish?api_key={key}", PUBLISH).status_code == 401


def test_a_key_needs_the_scope(ann: User, boards: None) -> None:
    key = apikeys.issue("chat", ann, ["chat:write", "notifications:write"])[1]
    assert Program(**{"X-API-Key": key}).post("/api/publish", PUBLISH).status_code == 401


def test_a_key_that_is_revoked_or_whose_user_is_disabled_opens_nothing(key: str, ann: User) -> None:
    program = Program(**{"X-API-Key": key})
    User.objects.update(is_active=False)
    assert program.post("/api/publish", PUBLISH).status_code == 401
    User.objects.update(is_active=True)
    assert program.post("/api/publish", PUBLISH).status_code == 200
    ApiKey.objects.update(revoked_at=ApiKey.objects.get().created_at)
    assert program.post("/api/publish", PUBLISH).status_code == 401


def test_the_key_of_the_settings_opens_it_without_asking_the_database(
    settings: Settings, boards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HUBBUB_API_KEY = "a key"
    monkeypatch.setattr(apikeys, "verify", lambda key: pytest.fail("the database was asked"))
    assert Program(**{"X-API-Key": "a key"}).post("/api/publish", PUBLISH).status_code == 200


def test_an_empty_key_of_the_settings_opens_nothing(settings: Settings, boards: None) -> None:
    settings.HUBBUB_API_KEY = ""
    for header in ("", " "):
        assert Program(**{"X-API-Key": header}).post("/api/publish", PUBLISH).status_code == 401


def test_a_session_opens_nothing(ann: User, boards: None) -> None:
    client = Client()
    client.force_login(ann)
    assert client.post("/api/publish", PUBLISH, content_type="application/json").status_code == 401


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", "1", b"\xff", '{"a":NaN}', '{"a":1,"a":2}'])
def test_a_body_that_is_no_json_object_is_answered_400(body: str | bytes, program: Program) -> None:
    for path in ("/api/publish", "/api/batch"):
        response = program.post(path, body)
        assert response.status_code == 400
        assert json.loads(response.content)["error"]["code"] == 107


def test_a_body_that_is_too_large_is_answered_413(program: Program, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    for path in ("/api/publish", "/api"):
        response = program.post(path, {"channel": "board:a", "data": "x" * 100})
        assert response.status_code == 413
        assert json.loads(response.content)["error"]["code"] == 106


def test_what_is_no_method_is_answered_404(program: Program) -> None:
    response = program.post("/api/nonsense", {})
    assert response.status_code == 404
    assert json.loads(response.content)["error"]["code"] == 104


@pytest.mark.parametrize("method", sorted(methods.ABSENT))
def test_a_method_that_the_hub_does_not_have_is_not_available(method: str, program: Program) -> None:
    assert program.error(method) == 108


@pytest.mark.parametrize("path", ["/api/publish", "/api"])
def test_only_posts_are_answered(path: str, key: str) -> None:
    assert Client(headers={"X-API-Key": key}).get(path).status_code == 405


def test_the_other_api_is_where_it_was(program: Program) -> None:
    assert program.post("/api/v1/me/").status_code == 405
    assert Client().get("/api/v1/nothing/").status_code == 404
    assert Client().get("/api/v1").status_code == 301


def test_an_answer_is_json_that_nobody_keeps(program: Program) -> None:
    response = program.post("/api/publish", PUBLISH)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


@pytest.mark.parametrize(
    ("method", "params", "code", "status"),
    [
        ("publish", {"channel": "nowhere:a", "data": {}}, 102, 404),
        ("publish", {"channel": "board:a"}, 107, 400),
        ("history", {"channel": "passing:a"}, 108, 400),
        ("history", {"channel": "board:a", "since": {"epoch": "x"}}, 112, 416),
        ("rpc", {"method": "nonsense"}, 104, 404),
        ("map_stats", {}, 108, 400),
        ("batch", {"commands": [1]}, 107, 400),
    ],
)
def test_whoever_asks_for_it_gets_an_error_as_the_status(
    method: str, params: dict[str, object], code: int, status: int, program: Program
) -> None:
    assert program.error(method, **params) == code
    response = program.post(f"/api/{method}", params, **{"X-Centrifugo-Error-Mode": "transport"})
    assert response.status_code == status == STATUS[code]
    assert json.loads(response.content).keys() == {"code", "message"}
    assert json.loads(response.content)["code"] == code


def test_a_result_comes_with_200_in_that_mode_too(program: Program) -> None:
    response = program.post("/api/publish", PUBLISH, **{"X-Centrifugo-Error-Mode": "transport"})
    assert response.status_code == 200 and json.loads(response.content).keys() == {"result"}


@pytest.mark.parametrize("failure", [ZeroDivisionError("a secret"), OperationalError("a secret")])
def test_a_failure_of_our_own_is_an_internal_error_without_its_words(
    failure: Exception, program: Program, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def fail(*args: object) -> None:
        raise failure

    settings.DEBUG = True
    monkeypatch.setitem(methods.METHODS, "publish", fail)
    for path, body in (("/api/publish", PUBLISH), ("/api/batch", {"commands": [{"publish": PUBLISH}]})):
        response = program.post(path, body)
        assert response.status_code == 200
        assert b"secret" not in response.content and b'"code":100' in response.content
    response = program.post("/api/publish", PUBLISH, **{"X-Centrifugo-Error-Mode": "transport"})
    assert response.status_code == 500


def test_a_failure_around_a_method_is_answered_without_its_words_too(
    program: Program, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def fail(*args: object) -> None:
        raise ZeroDivisionError("a secret")

    settings.DEBUG = True
    monkeypatch.setattr(methods, "call", fail)
    response = program.post("/api/publish", PUBLISH)
    assert response.status_code == 500
    assert b"secret" not in response.content and b'"code":100' in response.content


def test_a_database_that_does_not_know_a_key_now_may_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(key: str) -> None:
        raise OperationalError("a secret")

    monkeypatch.setattr(apikeys, "verify", fail)
    response = Program(**{"X-API-Key": "x"}).post("/api/publish", PUBLISH)
    assert response.status_code == 503 and b"secret" not in response.content


def test_a_result_that_is_no_json_is_a_failure_of_our_own(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(methods.METHODS, "publish", lambda program, params: {"at": object()})
    assert program.error("publish") == 100
