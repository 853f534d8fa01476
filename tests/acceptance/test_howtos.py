"""The how-tos for clients: each block of code is run as it stands, against a running hub."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests import servers
from tests.acceptance.node.finding import FLAGS, node
from tests.programs import Program, stopped
from tests.servers import ROOT, HubServer
from tests.unit.docs.pages import blocks, read
from tests.visitors import Visitor


@pytest.fixture
def demo(lively_hub: HubServer) -> Visitor:
    return Visitor(lively_hub.url).log_in("demo")


def post(visitor: Visitor, body: str) -> None:
    assert visitor.call("POST", "/api/v1/rooms/lobby/messages/", {"body": body}).status == 201


def test_the_page_reads_what_is_posted(lively_hub: HubServer, demo: Visitor, tmp_path: Path) -> None:
    [code] = blocks(read("docs/howto/browser-client.md"), "js")
    # As a page of the site would find them.
    (tmp_path / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    page = tmp_path / "page.mjs"
    page.write_text(code)
    about = f"globalThis.location={json.dumps({'origin': lively_hub.url})};"
    about += f"globalThis.getToken=async()=>{json.dumps(demo.token())};await import({json.dumps(page.as_uri())})"
    command = (node(), *FLAGS, "--input-type=module", "--eval", about)
    with stopped(Program(*command, env=os.environ)) as program:
        # Nothing says when it has subscribed: it reads what is posted from then on.
        for _ in range(60):
            post(demo, "to the page")
            with suppress(AssertionError):
                program.wait_for("message.created to the page", seconds=1)
                return
    raise AssertionError(f"expected the message, got:\n{program.output}")


def test_the_python_program_reads_what_it_posts(lively_hub: HubServer, demo: Visitor) -> None:
    [code] = blocks(read("docs/howto/python-client.md"), "python")
    socket = lively_hub.url.replace("http", "ws", 1) + "/connection/websocket"
    env = os.environ | {"HUBBUB_SOCKET": socket, "HUBBUB_TOKEN": demo.token(), "NO_PROXY": "*"}
    with stopped(Program(sys.executable, "-c", code, env=env)) as program:
        program.wait_for(r"\d+ message.created \{.*'body': 'hi'")


@pytest.fixture(scope="module")
def curl_environment(lively_hub: HubServer) -> dict[str, str]:
    """What the commands of the page find in their environment."""
    if shutil.which("curl") is None:
        servers.missing("curl")
    made = lively_hub.manage("apikey", "curl", "--user", "admin", "--scope", "server")
    assert made.returncode == 0, made.stderr
    token = Visitor(lively_hub.url).log_in("demo").token()
    own = {"HUBBUB_URL": lively_hub.url, "HUBBUB_TOKEN": token, "HUBBUB_API_KEY": made.stdout.strip()}
    return os.environ | own | {"no_proxy": "*"}


@pytest.fixture
def curls(curl_environment: dict[str, str]) -> Iterator[list[Program]]:
    """All commands of the page, started."""
    with ExitStack() as running:
        commands = blocks(read("docs/howto/curl.md"), "sh")
        assert len(commands) == 6
        yield [
            running.enter_context(stopped(Program("sh", "-c", f"exec {one}", env=curl_environment)))
            for one in commands[:3]
        ]


def test_each_way_to_read_with_curl_reads(
    curls: list[Program], curl_environment: dict[str, str], demo: Visitor
) -> None:
    for program in curls:
        program.wait_for('"chat:lobby"|"subscribe"')
    post(demo, "to curl")
    for program in curls:
        program.wait_for('"body": ?"to curl"')


def test_each_way_to_ask_with_curl_is_answered(curl_environment: dict[str, str]) -> None:
    answers = []
    for command in blocks(read("docs/howto/curl.md"), "sh")[3:]:
        program = Program("sh", "-c", command, env=curl_environment)
        assert program.wait() == 0, program.output
        answers.append(json.loads(program.lines[0])["result"])
    published, history, presence = answers
    assert published["offset"] > 0
    assert history["publications"][0]["data"] == {"by": "curl"}
    assert presence.keys() <= {"num_clients", "num_users"}
