"""The rules of a session under any order of commands and of time: no surprise, and no state that contradicts itself."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.core.errors import HubError
from hub.core.protocol import Command, Disconnect
from hub.core.schema import METHODS
from hub.core.session import Drop, End, Phase, Ping, SessionState

CHANNELS = st.sampled_from(["", "a:1", "a:2", "a:3", "a:4", "x" * 300])
IDS = st.integers(-1, 20)
TIMES = st.none() | st.floats(0, 200)


class AnyOrder(RuleBasedStateMachine):
    """A client that says whatever it likes, and a server that carries it out as sessions do."""

    state: SessionState
    now = 0.0
    ended = False

    @initialize(emulated=st.booleans())
    def begin(self, emulated: bool) -> None:
        self.come_back(emulated, 10.0, 1.0, True)

    @precondition(lambda self: self.ended)
    @rule(emulated=st.booleans(), pong=st.sampled_from([0.0, 10.0]), chance=st.floats(0, 1), connects=st.booleans())
    def come_back(self, emulated: bool, pong: float, chance: float, connects: bool) -> None:
        self.state = SessionState(self.now, emulated=emulated, pong_timeout=pong, chance=chance, max_subscriptions=3)
        self.ended = False
        if connects:
            self.say("connect", 1, "")

    @precondition(lambda self: not self.ended)
    @rule(method=st.sampled_from(["", "nonsense", *sorted(METHODS)]), command_id=IDS, channel=CHANNELS)
    def say(self, method: str, command_id: int, channel: str) -> None:
        command = Command(command_id, method, {"channel": channel} if channel else {})
        try:
            self.state.take(command)
            self.carry_out(command)
        except Disconnect:
            self.ended = True
        except HubError as error:
            try:
                self.state.failed(error)
            except Disconnect:
                self.ended = True

    def carry_out(self, command: Command) -> None:
        if command.method == "connect":
            self.state.connected(self.now)
        elif command.method == "subscribe":
            self.state.subscribe(command)
        elif command.method == "unsubscribe":
            self.state.unsubscribe(command)
        elif command.method == "sub_refresh":
            self.state.check_subscription(command.request.get("channel", ""))
        self.state.succeeded()

    @precondition(lambda self: not self.ended and self.state.phase is Phase.CONNECTED)
    @rule(channel=st.sampled_from(["a:1", "b:1"]), ends_at=TIMES, refreshable=st.booleans())
    def subscribe_server_side(self, channel: str, ends_at: float | None, refreshable: bool) -> None:
        self.state.subscribe_server_side(channel)
        self.state.subscription_refreshed(channel, ends_at, refreshable=refreshable)

    @precondition(lambda self: not self.ended and self.state.phase is Phase.CONNECTED)
    @rule(ends_at=TIMES, refreshable=st.booleans())
    def refresh(self, ends_at: float | None, refreshable: bool) -> None:
        self.state.refreshed(ends_at, refreshable=refreshable)

    @precondition(lambda self: not self.ended)
    @rule(seconds=st.floats(0, 30), busy=st.booleans())
    def wait(self, seconds: float, busy: bool) -> None:
        self.now += seconds
        before = set(self.state.subscriptions)
        for due in self.state.due(self.now, busy=busy):
            assert isinstance(due, Ping | End | Drop)
            if isinstance(due, Drop):
                assert due.channel in before
                assert due.channel not in self.state.subscriptions
            self.ended = self.ended or isinstance(due, End)

    def is_at_rest(self) -> bool:
        wakes_at = self.state.wakes_at
        return self.ended or wakes_at is None or wakes_at > self.now

    @invariant()
    def what_is_due_is_done(self) -> None:
        """Once `due` was called, nothing is left that was due then: a timer never fires for nothing for ever."""
        if not hasattr(self, "state") or self.ended:
            return
        if not self.is_at_rest():
            self.wait(0.0, False)
            assert self.is_at_rest()

    @invariant()
    def a_client_holds_no_more_than_it_may(self) -> None:
        if hasattr(self, "state"):
            assert sum(not held.server_side for held in self.state.subscriptions.values()) <= 3


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
