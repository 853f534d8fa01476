"""An ASGI application for tests of the server: responses without an end. It prints how far it is.

/stream      says hello, and goodbye when the server wants it to end
/plain       the same without a word to the server that it has no end
/stubborn    as /stream, but does not end when the server wants it to
/flood       writes pieces until the server takes no more, also a while later, then sends the last; prints how many
             bytes were written, and whether the last is still waiting
/cut         says hello, and is cut off
/busy?PATH   as /stream, but is at work, until a file of that path exists, and then sends what it was at
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from hub.core.asgi import STREAM_EXTENSION, WORK_EXTENSION, Message, Receive, Scope, Send

PIECE = b"x" * 1_000

#: How often in a row, each after some turns of the event loop, a connection has to take nothing to be held full.
REFUSALS = 10

_at_work: set[asyncio.Future[None]] = set()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request (ASGI)."""
    tools, path = scope["extensions"][STREAM_EXTENSION], scope["path"]
    wanted = asyncio.Event()
    if path != "/plain" and not tools["open"](wanted.set):
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send(piece(b"", more=False))
        return
    assert not tools["write"](b"too early")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send(piece(b"hello\n"))
    tell("open", path)
    if path == "/flood":
        await flood(tools["write"], send)
    if path == "/cut":
        tools["cut"]()
    if path == "/busy":
        await work(scope, send)
    leaving = asyncio.ensure_future(left(receive))
    if path in {"/stream", "/flood", "/busy"}:
        ending = asyncio.ensure_future(wanted.wait())
        await asyncio.wait([leaving, ending], return_when=asyncio.FIRST_COMPLETED)
        if ending.done():
            await send(piece(b"goodbye\n", more=False))
        ending.cancel()
    await leaving
    tell("left", path)


async def flood(write: Callable[[bytes], bool], send: Send) -> None:
    """Write as much as is taken while nobody reads, and one piece more."""
    written = refusals = 0
    while refusals < REFUSALS:
        # What the server keeps goes to the system in the next turn, and makes room for more.
        refusals += 1
        while write(PIECE):
            written += len(PIECE)
            refusals = 0
        await asyncio.sleep(0.05)
    last = asyncio.ensure_future(send(piece(b"last\n")))
    _, waiting = await asyncio.wait([last], timeout=0.5)
    tell("written", written, "and the last is", "waiting" if waiting else "sent")
    await last
    tell("sent")


async def work(scope: Scope, send: Send) -> None:
    """Be at work beside what is received."""
    begin, end = (scope["extensions"][WORK_EXTENSION][name] for name in ("begin", "end"))
    gate = Path(scope["query_string"].decode())

    async def be_at_it() -> None:
        while not await asyncio.to_thread(gate.exists):
            await asyncio.sleep(0.01)
        await send(piece(b"done\n"))
        end()

    begin()
    _at_work.add(asyncio.ensure_future(be_at_it()))


async def left(receive: Receive) -> None:
    """Wait until the client has gone, or the response is at its end."""
    while (await receive())["type"] != "http.disconnect":
        pass


def piece(body: bytes, *, more: bool = True) -> Message:
    """Return a piece of a response."""
    return {"type": "http.response.body", "body": body, "more_body": more}


def tell(*words: object) -> None:
    print(*words, flush=True)
