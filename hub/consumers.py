"""The consumer of the plain endpoints: one socket, one stream, text messages of JSON."""

import asyncio
import logging
import uuid
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import User

from hub.commands import Request, carry_out, committed
from hub.conf import conf
from hub.core.asgi import FRAMES_EXTENSION, WORK_EXTENSION, Message, Receive, Scope, Send
from hub.core.codecs import plain
from hub.core.codes import CloseCode, close_code_for
from hub.core.errors import BadRequest, HubError, InternalError, MethodNotFound, TokenExpired
from hub.core.events import Position
from hub.core.types import JSONObject
from hub.credentials import Credential
from hub.database import in_database
from hub.deliver import Reader
from hub.dispatch import Dispatcher, StreamReset
from hub.limits import CommandLimit
from hub.namespaces import may_read, namespaces
from hub.pipeline import Pipeline
from hub.runtime import Runtime, get_runtime

logger = logging.getLogger(__name__)

#: Commands of one connection that may be under way at the same time.
PIPELINED = 32
#: Seconds that a client gets to take the words that its connection ends with.
LAST_WORDS = 0.5


class _Present(NamedTuple):
    stream: str
    user_id: int
    listed: bool


class StreamConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """Serves one stream to one client. Subclasses say which: `stream_name`."""

    # No layer of its own: announcements come to the process's dispatcher, once, not to every connection.
    channel_layer_alias = "none"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: None before the client was let in, and after it was sent away.
        self.reader: Reader | None = None
        self._runtime: Runtime | None = None
        #: The stream and what else it was counted with, while the connection counts as present.
        self._present: _Present | None = None
        #: Its id as a client, while it counts as one.
        self._client = ""
        self._limit = CommandLimit()
        #: Commands that are under way; none before the first one, for the sake of those who only read.
        self._pipeline: Pipeline[plain.Command, JSONObject] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._errors = 0
        self._sending: asyncio.Task[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None

    @property
    def user(self) -> User:
        """Who opened the socket, as they were then."""
        user: User = self.scope["user"]
        return user

    @property
    def user_id(self) -> int:
        """The id of who opened the socket."""
        return self.user.pk

    @property
    def credential(self) -> Credential:
        """What the client has proved itself with."""
        credential: Credential = self.scope["credential"]
        return credential

    @property
    def path(self) -> dict[str, str]:
        """What the URL pattern caught."""
        kwargs: dict[str, str] = self.scope["url_route"]["kwargs"]
        return kwargs

    @property
    def stream_read(self) -> str:
        """The name of the stream that this connection reads."""
        return self.stream_name()

    def stream_name(self) -> str:
        """Return the name of the stream that this connection reads."""
        raise NotImplementedError(f"{type(self).__name__} does not say which stream it reads")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        # Channels' own makes two tasks for each message, to listen to a channel layer besides.
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            # Here rather than in `disconnect`, which a crash or a cancelled task never reaches.
            self._stop_reading()

    async def dispatch(self, message: Message) -> None:
        """Route one ASGI message to its handler.

        Unlike Channels' own it touches no database thread: the hub's database work has threads of its own.
        """
        handler = {
            "websocket.connect": self.websocket_connect,
            "websocket.receive": self.websocket_receive,
            "websocket.disconnect": self.websocket_disconnect,
        }[message["type"]]
        await handler(message)

    async def websocket_connect(self, message: Message) -> None:
        """Check rights, join the stream, say hello, and begin to send."""
        await self.accept()
        try:
            await self._start_reading(self._since())
        except HubError as error:
            await self.revoke(error)
        except Exception:
            logger.exception("a subscription failed", extra={"action": "subscribe_failed"})
            await self.revoke(InternalError())

    async def websocket_receive(self, message: Message) -> None:
        """Carry out one command and reply, or say what is wrong with it.

        A command that may share a transaction with others is only begun here: the next one of this connection may
        join it. All others wait for those before them.
        """
        reader = self.reader
        if reader is None:
            return
        text = message.get("text")
        if _size(text or message.get("bytes") or "") > conf.MAX_MESSAGE_SIZE:
            await self._end(CloseCode.TOO_BIG)
            return
        await reader.room_for_reply()
        command: plain.Command | None = None
        try:
            if text is None:
                raise BadRequest("expected a text message with a JSON object, got a binary one")
            command = plain.decode_command(text)
            self._limit.check()
            if namespaces.runs_together(reader.stream, command.name):
                await self._begin(command)
                return
            await self._others_answered()
            if self.reader is None:
                return
            reply = encode_result(command, await in_database(carry_out, self._request(command)))
        except Exception as error:
            await self._others_answered()
            command_id = command.id if command is not None else getattr(error, "command_id", None)
            last_words = self._refuse(error, command_id)
            if last_words:
                await self._end(CloseCode.TOO_MANY_ERRORS, last_words)
        else:
            self._accept(reply)

    def _request(self, command: plain.Command) -> Request:
        return Request(self.credential, self.stream_read, command.name, command.data, subscribed=True)

    async def _begin(self, command: plain.Command) -> None:
        """Have a command carried out together with others, and answered in its turn."""
        if self._pipeline is None:
            self._pipeline = Pipeline(PIPELINED, self._answer, self._tell_server)
        await self._pipeline.room()
        # Its client may have been sent away meanwhile.
        if self.reader is not None:
            self._pipeline.add(command, committed.submit(self._request(command)))

    async def _others_answered(self) -> None:
        if self._pipeline is not None:
            await self._pipeline.idle()

    def _answer(self, command: plain.Command, outcome: asyncio.Future[JSONObject]) -> None:
        """Reply to a command that was carried out together with others."""
        try:
            reply = encode_result(command, outcome.result())
        except Exception as error:
            if last_words := self._refuse(error, command.id):
                self._stop_reading()
                self._ending = asyncio.create_task(self._end(CloseCode.TOO_MANY_ERRORS, last_words), name="hub-ending")
        else:
            self._accept(reply)

    def _accept(self, reply: str) -> None:
        self._errors = 0
        if self.reader is not None:
            self.reader.reply(reply)

    def _refuse(self, error: Exception, command_id: str | int | None) -> str:
        """Reply that a command was not carried out. Where that is one error too many, return the words to end with."""
        if not isinstance(error, HubError):
            logger.error("a command failed", exc_info=error, extra={"action": "command_failed"})
            error = InternalError()
        if self.reader is None:
            return ""
        reply = plain.encode_error(error, command_id)
        if self._is_one_too_many(error):
            return reply
        self.reader.reply(reply)
        return ""

    def _tell_server(self, busy: bool) -> None:
        # Of hub.server: a drain waits for what is under way, which another server cannot see.
        tell = self.scope.get("extensions", {}).get(WORK_EXTENSION)
        if tell is not None:
            tell["begin" if busy else "end"]()

    async def websocket_disconnect(self, message: Message) -> None:
        """End the connection's coroutine; what it holds is let go in `__call__`."""
        raise StopConsumer

    async def revoke(self, error: HubError) -> None:
        """End the connection, since its client may not read on. What waits for it is let go, not sent.

        Arguments:
            error: why; the client is told, and its code decides the close code.
        """
        await self._end(close_code_for(error.code), plain.encode_error(error))

    def _since(self) -> Position | None:
        # Blank ones too: a client that lost its position must hear of it, not go on from the end.
        query = parse_qs(self.scope["query_string"].decode("latin1"), keep_blank_values=True)
        since, epoch = query.get("since", [None])[0], query.get("epoch", [""])[0]
        if since is None:
            return None
        if not (since.isascii() and since.isdecimal() and len(since) <= 18):
            raise BadRequest(f'expected "since" to be an offset, 0 or more, got {since[:40]!r}')
        return Position(epoch, int(since))

    async def _start_reading(self, since: Position | None) -> None:
        runtime = self._runtime = await get_runtime()
        # Of hub.server: frames go straight to the transport. Any other server takes messages only.
        write = self.scope.get("extensions", {}).get(FRAMES_EXTENSION, {}).get("write")
        reader = self.reader = Reader(self.stream_name(), self._send_text, conf.OUTBOX_LIMIT, write)
        # Looked after before rights are asked: whatever changes from then on is heard of.
        runtime.revoker.add(self)
        await may_read((self.user, reader.stream))
        joined = await runtime.dispatcher.join(reader, since)
        if self.reader is not reader:
            # Its right was lost while it joined.
            runtime.dispatcher.leave(reader)
            return
        # No await since the comparison: whoever is sent away from now on is counted no longer.
        self._present = _Present(reader.stream, self.user_id, namespaces.has_presence(reader.stream))
        runtime.presence.enter(*self._present)
        runtime.plain.add(self)
        self._attend(runtime)
        user = self.user.get_username()
        await self._send_text(plain.encode_hello(reader.stream, joined.position, recovered=joined.recovered, user=user))
        reader.on_work = self._send_on
        reader.wake()
        self._expire_in_time()

    def _attend(self, runtime: Runtime) -> None:
        """Count as a client too, for those who ask by the Centrifugo protocol: only there it has an id."""
        if runtime.clients.attends(self.stream_read):
            self._client = str(uuid.uuid4())
            info = {"user": str(self.user_id), "client": self._client}
            runtime.clients.enter(self.stream_read, self._client, info)

    def _send_on(self) -> None:
        if self.reader is not None and self._runtime is not None:
            sending = self._keep_sending(self.reader, self._runtime.dispatcher)
            self._sending = asyncio.create_task(sending, name="hub-reader")

    def _expire_in_time(self) -> None:
        if (left := self.credential.time_left()) is not None:
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(left, lambda: loop.create_task(self.revoke(TokenExpired())))

    async def _keep_sending(self, reader: Reader, dispatcher: Dispatcher) -> None:
        try:
            await reader.run(dispatcher.catch_up)
            if self._sending is asyncio.current_task():
                self._sending = None
        except StreamReset:
            await self._end(CloseCode.INSUFFICIENT_STATE)
        except Exception:
            logger.exception("a reader failed", extra={"action": "reader_failed"})
            await self._end(CloseCode.INTERNAL_ERROR)

    def _stop_reading(self) -> None:
        if self._runtime is not None:
            self._runtime.revoker.remove(self)
            self._runtime.plain.discard(self)
            if self._present is not None:
                self._runtime.presence.leave(*self._present)
                self._present = None
            if self._client:
                self._runtime.clients.leave(self.stream_read, self._client)
                self._client = ""
            if self.reader is not None:
                self._runtime.dispatcher.leave(self.reader)
                self.reader.close()
                self.reader = None
        if self._expiry is not None:
            self._expiry.cancel()
        if self._sending is not None and self._sending is not asyncio.current_task():
            self._sending.cancel()
        self._sending = None

    async def _send_text(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    async def _end(self, code: CloseCode, last_words: str = "") -> None:
        self._stop_reading()
        if last_words:
            try:
                async with asyncio.timeout(LAST_WORDS):
                    await self._send_text(last_words)
            except TimeoutError:
                # It does not read, and must not keep anyone waiting.
                pass
        # The server beneath takes nothing but an int for an int.
        await self.close(int(code))

    def _is_one_too_many(self, error: HubError) -> bool:
        # Only what a working client never sends counts: a refusal is an answer like any other.
        if isinstance(error, BadRequest | MethodNotFound):
            self._errors += 1
        return self._errors >= conf.MAX_ERRORS


class NamedStreamConsumer(StreamConsumer):
    """A connection to any stream, at `/ws/stream/<stream name>/`."""

    def stream_name(self) -> str:
        """Return the stream that the address names."""
        return self.path["name"]


def _size(message: str | bytes) -> int:
    """Return the bytes of a message as it came over the wire."""
    return len(message) if isinstance(message, bytes) or message.isascii() else len(message.encode())


def encode_result(command: plain.Command, result: JSONObject) -> str:
    """Return the reply to a command that was carried out.

    Raises:
        TypeError: the command's own result is no JSON, which is no fault of the client's.
    """
    try:
        return plain.encode_result(command.id, result)
    except BadRequest as error:
        raise TypeError(f"the result of {command.name} is no JSON: {error}") from error
