"""Who gets a socket of a running hub, and who is sent away with 403: browsers, scripts, and those who only seem so."""

from collections.abc import Callable

import pytest

from tests.servers import HubServer
from tests.sockets import Refused, Socket
from tests.visitors import Visitor

INBOX = "/ws/notifications/"


@pytest.fixture(scope="module")
def demo(lively_hub: HubServer) -> Visitor:
    """Somebody who is logged in with a browser."""
    return Visitor(lively_hub.url).log_in("demo")


@pytest.fixture
def knock(lively_hub: HubServer) -> Callable[..., str | int]:
    """Ask for a socket: `knock(path, Cookie=…)`. Gives the user it is for, or the HTTP status of the refusal."""

    def knock(path: str = INBOX, **headers: str) -> str | int:
        try:
            socket = Socket(lively_hub.url, path, headers)
        except Refused as refusal:
            return refusal.status
        user: str = socket.hello()["user"]
        socket.drop()
        return user

    return knock


Knock = Callable[..., str | int]


def test_a_browser_on_a_page_of_the_site_gets_one(demo: Visitor, knock: Knock) -> None:
    assert knock(Origin=demo.site, Cookie=demo.cookie) == "demo"


def test_a_cookie_opens_nothing_for_a_page_of_another_site(demo: Visitor, knock: Knock) -> None:
    port = demo.site.rpartition(":")[2]
    assert knock(Origin="https://evil.example", Cookie=demo.cookie) == 403
    assert knock(Origin=f"http://evil.example:{port}", Cookie=demo.cookie) == 403
    assert knock(Origin=f"http://localhost:{port}", Cookie=demo.cookie) == 403, "another name of the same machine"
    assert knock(Origin="http://127.0.0.1:1", Cookie=demo.cookie) == 403
    assert knock(Origin="null", Cookie=demo.cookie) == 403
    assert knock(Cookie=demo.cookie) == 403


def test_a_host_that_is_not_the_sites_vouches_for_nobody(demo: Visitor, knock: Knock) -> None:
    assert knock(Host="evil.example", Origin="http://evil.example", Cookie=demo.cookie) == 403


def test_nobody_in_particular_gets_none(lively_hub: HubServer, knock: Knock) -> None:
    assert knock() == 403
    assert knock(Origin=lively_hub.url) == 403
    assert knock(Origin=lively_hub.url, Cookie="sessionid=" + "x" * 32) == 403


def test_a_session_that_was_logged_out_opens_nothing_more(lively_hub: HubServer, knock: Knock) -> None:
    guest = Visitor(lively_hub.url).log_in("guest")
    cookie = guest.cookie
    assert knock(Origin=guest.site, Cookie=cookie) == "guest"
    assert guest.call("POST", "/logout/").status == 302
    assert knock(Origin=guest.site, Cookie=cookie) == 403


def test_a_token_of_the_page_opens_a_socket_for_a_script(demo: Visitor, knock: Knock) -> None:
    token = demo.token()
    assert knock(Authorization=f"Bearer {token}") == "demo"
    assert knock(f"{INBOX}?token={token}") == "demo"
    assert knock(f"/ws/chat/lobby/?since=0&token={token}") == "demo"


def test_a_token_of_the_command_line_opens_a_socket(lively_hub: HubServer, knock: Knock) -> None:
    made = lively_hub.manage("token", "admin", "--ttl", "60")
    assert knock(Authorization=f"Bearer {made.stdout.strip()}") == "admin"


def test_a_token_is_no_use_to_a_page_of_another_site(demo: Visitor, knock: Knock) -> None:
    assert knock(Authorization=f"Bearer {demo.token()}", Origin="https://evil.example") == 403


def test_a_wrong_token_opens_nothing_whatever_comes_beside_it(demo: Visitor, knock: Knock) -> None:
    head, payload, signature = demo.token().split(".")
    for wrong in (f"{head}.{payload}.", f"{head}.{payload}.{signature[::-1]}", f"{payload}.{head}.{signature}", "x"):
        assert knock(Authorization=f"Bearer {wrong}", Origin=demo.site, Cookie=demo.cookie) == 403
        assert knock(f"{INBOX}?token={wrong}", Origin=demo.site, Cookie=demo.cookie) == 403


def test_an_api_key_opens_no_socket(knock: Knock, api_key: str) -> None:
    assert knock(**{"X-API-Key": api_key}) == 403
    assert knock(Authorization=f"Bearer {api_key}") == 403


def test_a_user_who_was_disabled_gets_none(lively_hub: HubServer, knock: Knock) -> None:
    made = lively_hub.manage(
        *("shell", "--verbosity", "0", "--command"),
        "from datetime import timedelta; from django.contrib.auth.models import User; from hub.tokens import issue\n"
        "gone = User.objects.create_user('gone'); print(issue(gone, timedelta(minutes=1)))\n"
        "User.objects.filter(pk=gone.pk).update(is_active=False)",
    )
    assert made.returncode == 0, made.stderr
    assert knock(Authorization=f"Bearer {made.stdout.strip()}") == 403


def test_the_query_with_its_token_is_in_no_log(lively_hub: HubServer, demo: Visitor, knock: Knock) -> None:
    token = demo.token()
    assert knock(f"{INBOX}?token={token}") == "demo"
    assert knock(f"{INBOX}?token={token}x") == 403
    lively_hub.wait_for(r"WSREJECT[^\n]+/ws/notifications/")
    assert token.split(".")[2] not in lively_hub.output
