"""The server: Daphne's, with flow control, a drain, and a scope that no client can forge.

Daphne itself answers SIGTERM by cancelling every application: no close frame, no disconnect. Here it stops accepting,
tells the sockets to come back (close code 3001, spread over seconds, so that they do not all come back at once), has
the applications of endless responses do the same, lets requests finish, and exits within a bounded time.
"""

import asyncio
import logging
import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from functools import partial
from operator import methodcaller
from typing import Any

import daphne.server
from daphne.server import Server
from twisted.internet import reactor as _reactor
from twisted.logger import LogLevel, STDLibLogObserver, globalLogPublisher

from hub.core.asgi import WORK_EXTENSION, Message, Scope, Send
from hub.core.codes import CloseCode
from hub.interpreter import settle
from hub.server.channel import FlowHTTPFactory
from hub.server.clock import measure_steadily
from hub.server.connection import OPEN, Connection
from hub.server.deadline import Deadlines
from hub.server.door import Door
from hub.server.flow import Inbox
from hub.server.proxies import Network, client_of, is_trusted, scheme_of
from hub.server.request import FlowRequest
from hub.server.sweep import Sweep
from hub.server.websocket import WebSocket

logger = logging.getLogger(__name__)

# Twisted types its reactor as one narrow interface; it has many.
reactor: Any = _reactor

Protocol = WebSocket | FlowRequest

#: Connections that may wait to be taken; the system has a limit of its own (net.core.somaxconn). With Twisted's 50,
#: the others of a rush find nobody, and try again after a second at the earliest.
BACKLOG = 4_096
#: Messages of one client that may wait for its application before no more is read from it.
INBOX_LIMIT = 64
#: The same, in bytes.
INBOX_BYTES = 262_144
#: Seconds between two looks at what may have taken too long: Daphne's.
CHECK_EVERY = 2.0
#: Seconds for which a socket that is told to come back may still work on what its client has asked for.
COMMAND_PATIENCE = 3.0
#: Seconds between the end of that and the close frame.
LAST_WORDS = 0.005
#: Seconds between two looks at what is left while draining.
POLL = 0.1
#: Seconds after the drain's end in which the process has to be gone, whatever its threads still wait for.
LAST_GRACE = 1.0


class FlowServer(Server):  # type: ignore[misc]  # Daphne has no types
    """Serves an ASGI application.

    Arguments:
        trusted: proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
        drain_spread: seconds over which the sockets are told to come back.
        drain_timeout: seconds that all may take from the signal to the exit.
        head_timeout: seconds in which the head of a request has to come.
        body_timeout: seconds that its body may take, beyond a second for each KiB.
        close_timeout: seconds in which a client has to agree to an end, before it is cut off.
        max_body_size: bytes that a body may have; 0 for any number.
        Others are Daphne's.
    """

    def __init__(
        self,
        *args: Any,
        trusted: Sequence[Network] = (),
        drain_spread: float = 2.0,
        drain_timeout: float = 8.0,
        head_timeout: float = 20.0,
        body_timeout: float = 30.0,
        close_timeout: float = 5.0,
        max_body_size: int = 104_857_600,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._trusted = trusted
        self._drain_spread = drain_spread
        self._drain_timeout = drain_timeout
        self.head_timeout = head_timeout
        self.body_timeout = body_timeout
        self.close_timeout = close_timeout
        self.max_body_size = max_body_size
        later = reactor.callLater
        #: Of connections that have not sent anything yet.
        self.heads = Deadlines[Door](head_timeout, Door.shut, later)
        #: Of handshakes that the application has not answered yet.
        self.opening = Deadlines[WebSocket](self.websocket_handshake_timeout, WebSocket.refuse_late, later)
        #: Of connections that are to end.
        self.closing = Deadlines[Door | Connection](close_timeout, methodcaller("cut_off"), later)
        self._sweep = Sweep[Protocol](lambda: self.connections, self._check, CHECK_EVERY, later)
        self._ports: list[Any] = []
        self.draining = False
        # Whether it is to end before it has begun.
        self._ended_early = False

    def run(self) -> None:
        """Serve until told to stop."""
        measure_steadily(reactor)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end_early)
        # Daphne's `run` makes its factories by these names, and has no other place to say which.
        daphne.server.HTTPFactory = FlowHTTPFactory
        daphne.server.WebSocketFactory = _NoFactory
        reactor.callWhenRunning(self._take_signals)
        reactor.callWhenRunning(settle)
        if self.verbosity <= 1:
            reactor.callWhenRunning(_log_failures)
        super().run()

    def listen_success(self, port: Any) -> None:
        """Have a port hold as many who come at once as the system allows, and remember it, to close it in the end."""
        # Before it says that it listens.
        port.socket.listen(BACKLOG)
        super().listen_success(port)
        self._ports.append(port)

    def protocol_disconnected(self, protocol: Protocol) -> None:
        """Take note that a connection is over. More than one part of it may say so, and the last one late."""
        if protocol in self.connections:
            super().protocol_disconnected(protocol)

    def create_application(self, protocol: Protocol, scope: Scope) -> Inbox | None:
        """Start the application of one connection. Returns where its messages go, or None when it is gone already."""
        if protocol not in self.connections:
            return None
        if isinstance(protocol, FlowRequest):
            protocol.offer_stream(scope)
        return self.start_application(protocol, scope, partial(self.handle_reply, protocol))

    def start_application(self, protocol: Protocol, scope: Scope, send: Send) -> Inbox:
        """Start the application of a connection that is there. Returns where its messages go.

        Arguments:
            send: carries out what the application says (ASGI).
        """
        self._name_client(scope)
        inbox = Inbox(INBOX_LIMIT, INBOX_BYTES, protocol.pause_reading, protocol.resume_reading)
        scope.setdefault("asgi", {"version": "3.0"})
        scope.setdefault("extensions", {})[WORK_EXTENSION] = {"begin": inbox.begin_work, "end": inbox.end_work}
        instance = self.application(scope, inbox.get, send)
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(instance)
        return inbox

    def log_action(self, protocol: str, action: str, details: dict[str, Any]) -> None:
        """Write a line of the access log, if there is one. A query is left out: there may be a key or a token in it."""
        super().log_action(protocol, action, details | {"path": details["path"].partition("?")[0]})

    def timeout_checker(self) -> None:
        """End whatever takes too long, again and again."""
        self._sweep.begin()

    def _check(self, protocol: Protocol) -> None:
        # It may have gone since the round began.
        if protocol in self.connections:
            protocol.check_timeouts()

    def age_of(self, protocol: Protocol) -> float:
        """Return for how many seconds a connection is there."""
        connected: float = self.connections[protocol]["connected"]
        return time.monotonic() - connected

    async def handle_reply(self, protocol: Protocol, message: Message) -> None:
        """Carry out a message of a request's application, once its client takes it (the ASGI `send`)."""
        if isinstance(protocol, FlowRequest):
            await protocol.flow.writable()
        await super().handle_reply(protocol, message)

    def _name_client(self, scope: Scope) -> None:
        # Daphne takes the root path from a header that any client can send, and with it every URL that is built.
        scope["root_path"] = self.root_path
        if not self._trusted or not scope.get("client"):
            return
        peer, port = scope["client"]
        if not is_trusted(peer, self._trusted):
            return
        client = client_of(peer, _values(scope, b"x-forwarded-for"), self._trusted)
        scope["client"] = [client, port if client == peer else 0]
        own = scope.get("scheme", "http")
        scheme = scheme_of(peer, _values(scope, b"x-forwarded-proto"), self._trusted, own)
        scope["scheme"] = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme

    def _end_early(self, *_: object) -> None:
        # It listens before the reactor runs, and who comes then waits: they are told goodbye like all others.
        self._ended_early = True

    def _take_signals(self) -> None:
        # Twisted has set its own by now, which would stop at once.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: reactor.callFromThread(self.drain))
        if self._ended_early:
            self.drain()

    def drain(self) -> None:
        """Stop accepting, close the sockets, wait for what is under way, exit. A second call exits at once."""
        if self.draining:
            self.stop()
            return
        self.draining = True
        logger.info("draining %d connections", len(self.connections))
        _exit_after(self._drain_timeout + LAST_GRACE)
        for port in self._ports:
            port.stopListening()
        self._wait_until_idle(self._drain_timeout, told=set())

    def _wait_until_idle(self, left: float, told: set[Protocol]) -> None:
        # Looked for each time: a socket may open while the others are being closed.
        for protocol in self.connections.keys() - told:
            if _stays(protocol):
                told.add(protocol)
                wait = random.uniform(0, min(left, self._drain_spread))
                reactor.callLater(wait, self._send_back, protocol, min(COMMAND_PATIENCE, (left - wait) / 2))
        # An application that is done may have left much to be sent: its transport is then among the writers.
        if left <= 0 or not (any(map(_busy, self.connections.values())) or reactor.getWriters()):
            self.stop()
            return
        reactor.callLater(POLL, self._wait_until_idle, left - POLL, told)

    def _send_back(self, protocol: Protocol, patience: float) -> None:
        # What its client has asked for and is under way is answered first, or the client could not know of it.
        late = reactor.callLater(patience, _say_goodbye, protocol)
        # A moment later: what the application has to say may still be on its way out of it.
        protocol.when_idle(lambda: late.active() and late.reset(LAST_WORDS))

    def kill_all_applications(self) -> Any:
        """Cancel what is left."""
        # A connection that ended before its application was made, or after it was collected, has none to cancel,
        # and Daphne looks for one in each.
        nothing = asyncio.get_event_loop().create_future()
        nothing.set_result(None)
        for details in self.connections.values():
            details.setdefault("application_instance", nothing)
        return super().kill_all_applications()


class _NoFactory:
    """Stands where Daphne makes Autobahn's factory of WebSockets, which nothing here needs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def setProtocolOptions(self, **options: Any) -> None:  # Autobahn's name
        """Pass over what is read from the server's own attributes."""


def _log_failures() -> None:
    # Daphne throws away all that Twisted says, an exception in a protocol too.
    publisher: Any = globalLogPublisher
    observe: Any = STDLibLogObserver("twisted")
    publisher.addObserver(lambda event: event.get("log_level") is LogLevel.critical and observe(event))


def _exit_after(seconds: float) -> None:
    """Have the process gone by then: Python waits for every thread, and one may wait for a database for long."""
    timer = threading.Timer(seconds, _exit)
    timer.daemon = True
    timer.start()


def _exit() -> None:
    logger.warning("exiting without what some threads are still at")
    # A transaction that is under way is rolled back by the database.
    os._exit(0)


def _stays(protocol: Protocol) -> bool:
    """Say whether a connection has no end of its own."""
    if isinstance(protocol, WebSocket):
        return protocol.state is OPEN
    return protocol.is_stream


def _say_goodbye(protocol: Protocol) -> None:
    if isinstance(protocol, WebSocket):
        protocol.close(int(CloseCode.SHUTDOWN), "shutdown")
    else:
        # How to say it, the application alone knows.
        protocol.end_stream()


def _busy(details: dict[str, Any]) -> bool:
    instance = details.get("application_instance")
    return instance is not None and not instance.done()


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin1") for header, value in scope["headers"] if header == name]
