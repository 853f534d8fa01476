"""`POST /emulation`: the commands of a client whose connection is a stream, brought to the process that serves it.

They may be late, come in another order, or not at all: each request is on its own (protocol, section 3.2). The secret
id of the session is what authorises them. Whoever has a wrong one changes nothing, and is told nothing.
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from google.protobuf.message import DecodeError

from hub.conf import conf
from hub.control import NODE, tell_node
from hub.core.asgi import Receive, Scope, Send
from hub.core.errors import BadRequest
from hub.core.json import decode_json_object
from hub.core.types import JSONObject
from hub.core.wire import Payload
from hub.protobuf.client_pb2 import EmulationRequest
from hub.sessions.cross_origin import Headers
from hub.sessions.endpoint import Endpoint, Refused, answer, is_binary, read_body

logger = logging.getLogger(__name__)

#: Most characters of a session's id, and of a node's.
MAX_ID = 128

Take = Callable[[Payload], None]

# By the secret ids of the sessions of this process. An id is found in it or not; none is compared with another.
_taking: dict[str, Take] = {}


class Post(NamedTuple):
    """What a client has sent beside its stream."""

    session: str
    #: The process that serves the session.
    node: str
    data: Payload


@contextmanager
def taking_posts(session: str, take: Take) -> Iterator[None]:
    """Have the commands of a session's client brought while the block lasts.

    Arguments:
        session: its secret id.
        take: is given the commands of each request.
    """
    _taking[session] = take
    try:
        yield
    finally:
        del _taking[session]


def hand_over(session: str, data: Payload) -> None:
    """Give commands to a session of this process; where there is none of that id, nothing happens."""
    if (take := _taking.get(session)) is not None:
        take(data)


async def _serve(scope: Scope, receive: Receive, send: Send, allow: Headers) -> None:
    # Quotation marks and line breaks take two bytes within JSON.
    body = await read_body(receive, 2 * conf.MAX_MESSAGE_SIZE + 4 * MAX_ID)
    post = _read_binary(body) if is_binary(scope) else _read(body)
    if len(post.data) > conf.MAX_MESSAGE_SIZE:
        raise Refused(413, f"expected commands of up to {conf.MAX_MESSAGE_SIZE} bytes")
    if post.node == NODE:
        hand_over(post.session, post.data)
    elif not await _pass_on(post):
        raise Refused(404, "expected the node of a server process that is there")
    await answer(send, 204, allow)


emulation = Endpoint(_serve, "POST")


def _read(body: bytes) -> Post:
    try:
        request = decode_json_object(body.decode())
    except (UnicodeDecodeError, BadRequest) as error:
        raise Refused(400, f"expected a JSON object with session, node and data: {error}") from None
    session, node, data = (request.get(name, "") for name in Post._fields)
    if not (isinstance(session, str) and isinstance(node, str) and isinstance(data, str)):
        raise Refused(400, "expected session, node and data to be texts")
    return _checked(Post(session, node, data))


def _read_binary(body: bytes) -> Post:
    request = EmulationRequest()
    try:
        request.ParseFromString(body)
    except DecodeError:
        raise Refused(400, "expected an EmulationRequest of protobuf") from None
    return _checked(Post(request.session, request.node, request.data))


def _checked(post: Post) -> Post:
    if not (0 < len(post.session) <= MAX_ID and len(post.node) <= MAX_ID):
        raise Refused(400, "expected the session and the node of a connect result")
    return post


async def _pass_on(post: Post) -> bool:
    """Tell the process that serves a session what its client has sent. Returns whether there is such a process."""
    if not post.node:
        return False
    is_text = isinstance(post.data, str)
    data = post.data if isinstance(post.data, str) else base64.b64encode(post.data).decode()
    message = {"emulation": {"session": post.session, "data": data, "is_text": is_text}}
    # It waits for Redis.
    return await asyncio.to_thread(tell_node, post.node, message)


def take_message(message: JSONObject) -> None:
    """Give on what another process of the hub was sent for a session of this one; any other message is passed over."""
    match message:
        case {"emulation": {"session": str(session), "data": str(data), "is_text": bool(is_text)}}:
            try:
                hand_over(session, data if is_text else base64.b64decode(data, validate=True))
            except binascii.Error:
                logger.warning("what another process passed on cannot be read", extra={"action": "emulation_failed"})
