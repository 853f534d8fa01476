"""The ASGI interface as types. Loose where ASGI is: a scope or a message is a dictionary of many shapes."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

Scope: TypeAlias = dict[str, Any]
Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

#: ASGI extension of `hub.server`: its `write(frames: bytes) -> bool` takes whole WebSocket frames, or says that it
#: does not take them now.
FRAMES_EXTENSION = "hubbub.frames"
#: ASGI extension of `hub.server`: `begin()` and `end()` say that an application which has taken a message is at work on
#: it still though it asks for the next one, so that a drain waits for it.
WORK_EXTENSION = "hubbub.work"
#: ASGI extension of `hub.server` for responses that have no end of their own. `open(on_end) -> bool` says, before it
#: begins, that this is one: no time limit of requests ends it, and `on_end()` is called, once or more, when it has to
#: end, as a drain wants it. It returns whether there is room for one that stays.
#: `write(body: bytes) -> bool` hands a piece of the body to the client, or says that it takes none now. `cut()` ends
#: the connection at once, for a client that does not read.
STREAM_EXTENSION = "hubbub.stream"
