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
