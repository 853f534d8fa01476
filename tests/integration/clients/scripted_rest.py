"""An HTTP server that gives prepared answers, one per request, and remembers what it was asked."""

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, object]


Answer = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a status and JSON; bytes go out as they are."""

    def give(handler: BaseHTTPRequestHandler) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return give


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without any answer."""
    handler.close_connection = True


class ScriptedRest:
    """Gives each answer once, in order; leaving the context complains of answers that nobody asked for."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[Asked] = []
        self._answers = list(answers)
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                script._answer(self)

            def do_GET(self) -> None:
                script._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Keep the output of the tests clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="scripted rest")
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append(Asked(handler.path, {"method": handler.command, **headers}, json.loads(body or "{}")))
        give = (
            self._answers.pop(0) if self._answers else answer(500, {"error": {"code": 100, "message": "one too many"}})
        )
        # The client may leave at any moment.
        with contextlib.suppress(ConnectionError):
            give(handler)

    def __enter__(self) -> "ScriptedRest":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if kind is None:
            assert not self._answers, f"{len(self._answers)} more requests were expected"
