"""An ASGI application for tests of the server: its path says what it does, and it prints how far it is.

/wait?PATH   waits until a file of that path exists, then answers, or accepts
/never       never answers, or accepts
/large       answers 8 MiB at once
/upload?PATH reads the body, once a file of that path exists where one is named, and answers its length and digest
/client      answers who the client is said to be
/refuse      answers 403 without reading the body
/open        (socket) accepts, and reads until the client has gone
/echo?PATH   (socket) the same, and sends each message back once a file of that path exists; without one, at once
/beside?PATH (socket) the same as /echo, but takes the next message meanwhile
/close       (socket) closes at once, with 4444, and tries to send something afterwards
/burst?N     (socket) the same as /echo, and sends N numbered messages of 1,000 characters first
"""

import asyncio
import json
from hashlib import sha256
from pathlib import Path

from hub.core.asgi import WORK_EXTENSION, Message, Receive, Scope, Send

LARGE = 8 * 1_048_576


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection (ASGI)."""
    tell("begun", scope["type"], scope["path"])
    if scope["path"] == "/never":
        await asyncio.Event().wait()
    if scope["path"] == "/wait":
        await wait_for(Path(scope["query_string"].decode()))
    if scope["type"] == "http":
        await (upload(scope, receive, send) if scope["path"] == "/upload" else answer(scope, send))
        return
    await send({"type": "websocket.accept"})
    if scope["path"] == "/close":
        await send({"type": "websocket.close", "code": 4444, "reason": "enough"})
        await send({"type": "websocket.send", "text": "late"})
    if scope["path"] == "/burst":
        await burst(send, int(scope["query_string"]))
    await (stay_beside if scope["path"] == "/beside" else stay)(scope, receive, send)


async def wait_for(path: Path) -> None:
    """Wait until a file exists."""
    while not await asyncio.to_thread(path.exists):
        await asyncio.sleep(0.01)


async def answer(scope: Scope, send: Send) -> None:
    """Answer a request."""
    said = {"client": scope["client"]} if scope["path"] == "/client" else {"root_path": scope["root_path"]}
    body = b"x" * LARGE if scope["path"] == "/large" else json.dumps(said).encode()
    status = 403 if scope["path"] == "/refuse" else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})
    tell("answered", scope["path"])


async def upload(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body of a request as it comes."""
    if scope["query_string"]:
        await wait_for(Path(scope["query_string"].decode()))
    size, digest, more = 0, sha256(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            tell("cut off after", size)
            return
        more = message["more_body"]
        size += len(message["body"])
        digest.update(message["body"])
        tell("got", size)
    body = json.dumps({"size": size, "digest": digest.hexdigest()}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def burst(send: Send, count: int) -> None:
    """Send messages that the client did not ask for."""
    for number in range(count):
        await send({"type": "websocket.send", "text": f"{number:1000}"})
    tell("burst")


async def stay(scope: Scope, receive: Receive, send: Send) -> None:
    """Keep a socket open as long as the client does; send back what comes, where the path says so."""
    gate = Path(scope["query_string"].decode()) if scope["path"] == "/echo" and scope["query_string"] else None
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect" or scope["path"] not in {"/echo", "/burst"}:
            continue
        if gate is not None:
            tell("got", message["text"])
            await wait_for(gate)
        await send(message | {"type": "websocket.send"})
    tell("left", message["code"])


async def stay_beside(scope: Scope, receive: Receive, send: Send) -> None:
    """Keep a socket open, and send back what comes while the next message is waited for."""
    gate, work = Path(scope["query_string"].decode()), scope["extensions"][WORK_EXTENSION]

    async def send_back(message: Message) -> None:
        work["begin"]()
        tell("got", message["text"])
        await wait_for(gate)
        await send(message | {"type": "websocket.send"})
        work["end"]()

    async with asyncio.TaskGroup() as tasks:
        while (message := await receive())["type"] != "websocket.disconnect":
            if message["type"] == "websocket.receive":
                tasks.create_task(send_back(message))
    tell("left", message["code"])


def tell(*words: object) -> None:
    print(*words, flush=True)
