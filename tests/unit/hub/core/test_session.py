"""The rules of a session, one by one: what may come when, what is held, and what is due."""

import pytest

from hub.core import session as rules
from hub.core.codes import CloseCode, UnsubscribeCode
from hub.core.errors import (
    AlreadySubscribed,
    BadRequest,
    HubError,
    InternalError,
    LimitExceeded,
    MethodNotFound,
    PermissionDenied,
)
from hub.core.protocol import Command, Disconnect
from hub.core.session import Drop, End, Ping, SessionState
from hub.core.streams import MAX_STREAM_NAME

PONG = Command(0, "", {})


def command(method: str, command_id: int = 1, **request: object) -> Command:
    """Return a command."""
    return Command(command_id, method, dict(request))


def subscribe(channel: str, command_id: int = 2) -> Command:
    """Return a command that subscribes to a stream."""
    return command("subscribe", command_id, channel=channel)


def unsubscribe(channel: str, command_id: int = 3) -> Command:
    """Return a command that ends a subscription."""
    return command("unsubscribe", command_id, channel=channel)


def connected(now: float = 0.0, *, emulated: bool = False, max_subscriptions: int = 128) -> SessionState:
    """Return the state of a session whose client is connected; it is pinged at 25, 50 …"""
    state = SessionState(now, emulated=emulated, max_subscriptions=max_subscriptions, max_errors=3)
    state.take(command("connect"))
    state.connected(now)
    return state


def code_of(state: SessionState, *commands: Command) -> CloseCode | int:
    """Return the code with which commands end a session, of which all but the last may come."""
    for one in commands[:-1]:
        state.take(one)
    with pytest.raises(Disconnect) as ended:
        state.take(commands[-1])
    return ended.value.code


@pytest.mark.parametrize(
    "first", [subscribe("a:b"), command("ping"), command("publish", channel="a:b"), command("send", 0), PONG]
)
def test_nothing_but_connect_may_come_first(first: Command) -> None:
    assert code_of(SessionState(0.0), first) == CloseCode.BAD_REQUEST


def test_a_second_connect_may_not_come() -> None:
    assert code_of(SessionState(0.0), command("connect"), command("connect", 2)) == CloseCode.BAD_REQUEST
    assert code_of(connected(), command("connect", 2)) == CloseCode.BAD_REQUEST


def test_nothing_may_come_while_it_is_being_found_out_who_the_client_is() -> None:
    assert code_of(SessionState(0.0), command("connect"), command("ping", 2)) == CloseCode.BAD_REQUEST


@pytest.mark.parametrize("next_", [command("connect", 2), subscribe("a:b"), command("send", 0), PONG])
def test_nothing_may_come_after_a_connect_that_was_refused(next_: Command) -> None:
    state = SessionState(0.0)
    state.take(command("connect"))
    state.refused(0.0)
    assert code_of(state, next_) == CloseCode.BAD_REQUEST


@pytest.mark.parametrize("method", ["", "no such", "connected"])
def test_a_command_that_there_is_not_ends_the_session(method: str) -> None:
    assert code_of(connected(), command(method, 5)) == CloseCode.BAD_REQUEST


@pytest.mark.parametrize("method", ["subscribe", "publish", "rpc", "ping", "refresh"])
def test_a_command_without_an_id_ends_the_session(method: str) -> None:
    assert code_of(connected(), command(method, 0)) == CloseCode.BAD_REQUEST
    assert code_of(connected(), command(method, -1)) == CloseCode.BAD_REQUEST


def test_a_message_and_a_pong_need_no_id() -> None:
    state = connected()
    state.take(command("send", 0))
    state.take(PONG)


def test_a_stream_without_a_name_ends_the_session() -> None:
    for act in (connected().subscribe, connected().unsubscribe):
        with pytest.raises(Disconnect) as ended:
            act(command("subscribe", 2))
        assert ended.value.code == CloseCode.BAD_REQUEST


def test_a_name_that_is_too_long_is_refused() -> None:
    state = connected()
    with pytest.raises(BadRequest):
        state.subscribe(subscribe("a:" + "b" * 254))
    state.subscribe(subscribe("a:" + "b" * 253))


def test_who_is_subscribed_may_not_subscribe_again() -> None:
    state = connected()
    state.subscribe(subscribe("a:b"))
    with pytest.raises(AlreadySubscribed):
        state.subscribe(subscribe("a:b", 3))


def test_one_subscription_too_many_is_refused_until_another_one_ends() -> None:
    state = connected(max_subscriptions=2)
    state.subscribe(subscribe("a:1"))
    state.subscribe(subscribe("a:2"))
    with pytest.raises(LimitExceeded):
        state.subscribe(subscribe("a:3"))
    assert state.unsubscribe(unsubscribe("a:1"))
    state.subscribe(subscribe("a:3"))


def test_who_has_too_many_subscriptions_is_told_of_one_that_it_has() -> None:
    state = connected(max_subscriptions=1)
    state.subscribe(subscribe("a:1"))
    with pytest.raises(AlreadySubscribed):
        state.subscribe(subscribe("a:1", 3))


def test_a_subscription_that_did_not_come_about_takes_no_place() -> None:
    state = connected(max_subscriptions=1)
    state.subscribe(subscribe("a:1"))
    state.unsubscribed("a:1")
    state.subscribe(subscribe("a:1"))


def test_unsubscribing_from_what_is_not_subscribed_to_ends_nothing() -> None:
    assert not connected().unsubscribe(unsubscribe("a:b"))


def test_an_unsubscribe_that_is_overtaken_by_a_later_subscribe_ends_nothing() -> None:
    state = connected(emulated=True)
    state.subscribe(subscribe("a:b", 4))
    assert not state.unsubscribe(unsubscribe("a:b", 3))
    assert "a:b" in state.subscriptions


def test_a_subscribe_that_is_overtaken_by_a_later_unsubscribe_is_refused() -> None:
    state = connected(emulated=True)
    assert not state.unsubscribe(unsubscribe("a:b", 4))
    with pytest.raises(BadRequest):
        state.subscribe(subscribe("a:b", 3))
    state.subscribe(subscribe("a:b", 5))


def test_a_subscribe_replaces_a_subscription_whose_end_was_lost_on_its_way() -> None:
    state = connected(emulated=True)
    assert not state.subscribe(subscribe("a:b", 3))
    assert state.subscribe(subscribe("a:b", 5))
    with pytest.raises(AlreadySubscribed):
        state.subscribe(subscribe("a:b", 4))


def test_a_subscription_of_the_server_is_not_replaced() -> None:
    state = connected(emulated=True)
    state.subscribe_server_side("a:b")
    with pytest.raises(AlreadySubscribed):
        state.subscribe(subscribe("a:b", 5))


def test_of_ends_that_overtake_others_only_so_many_are_kept_in_mind() -> None:
    state = connected(emulated=True)
    for number in range(rules.REMEMBERED + 10):
        state.unsubscribe(unsubscribe(f"a:{number}", 10 + number))
    assert len(state._unsubscribed) == rules.REMEMBERED


def test_of_the_end_of_what_no_stream_can_be_called_nothing_is_kept_in_mind() -> None:
    state = connected(emulated=True)
    assert not state.unsubscribe(unsubscribe("a" * (MAX_STREAM_NAME + 1)))
    assert not state._unsubscribed


def test_three_commands_in_a_row_that_make_no_sense_end_the_session() -> None:
    state = connected()
    for error in (BadRequest(), MethodNotFound()):
        state.failed(error)
    with pytest.raises(Disconnect) as ended:
        state.failed(BadRequest())
    assert ended.value.code == CloseCode.TOO_MANY_ERRORS


def test_a_command_that_is_carried_out_makes_up_for_those_before() -> None:
    state = connected()
    for _ in range(3):
        state.failed(BadRequest())
        state.failed(BadRequest())
        state.succeeded()


@pytest.mark.parametrize("error", [PermissionDenied(), InternalError(), AlreadySubscribed()])
def test_a_refusal_is_an_answer_like_any_other(error: HubError) -> None:
    state = connected()
    for _ in range(10):
        state.failed(error)


def test_who_does_not_connect_in_time_is_sent_away() -> None:
    state = SessionState(100.0)
    assert state.wakes_at == 110.0
    assert state.due(109.9) == []
    assert state.due(110.0) == [End(CloseCode.STALE)]


def test_who_is_refused_and_stays_is_sent_away() -> None:
    state = SessionState(100.0)
    state.take(command("connect"))
    state.refused(109.0)
    assert state.due(118.9) == []
    assert state.due(119.0) == [End(CloseCode.STALE)]


def test_nobody_is_sent_away_because_the_server_takes_its_time() -> None:
    state = SessionState(100.0)
    state.take(command("connect"))
    assert state.wakes_at is None
    assert state.due(1_000.0) == []


@pytest.mark.parametrize(("chance", "first"), [(0.0, 12.5), (1.0, 25.0)])
def test_the_first_ping_goes_out_in_the_second_half_of_the_interval(chance: float, first: float) -> None:
    state = SessionState(0.0, chance=chance)
    state.take(command("connect"))
    state.connected(0.0)
    assert state.wakes_at == first
    assert state.due(first) == [Ping()]


def test_a_ping_follows_the_one_before_after_an_interval() -> None:
    state = connected()
    assert state.due(25.0) == [Ping()]
    state.take(PONG)
    assert state.wakes_at == 50.0
    assert state.due(50.0) == [Ping()]


def test_who_does_not_answer_a_ping_is_sent_away() -> None:
    state = connected()
    state.due(25.0)
    assert state.wakes_at == 35.0
    assert state.due(34.9) == []
    assert state.due(35.0) == [End(CloseCode.NO_PONG)]


def test_who_may_have_answered_gets_more_time() -> None:
    state = connected()
    state.due(25.0)
    assert state.due(35.0, busy=True) == []
    assert state.wakes_at == 45.0
    state.take(PONG)
    assert state.due(45.0) == []


def test_a_pong_that_nobody_asked_for_does_no_harm() -> None:
    state = connected()
    state.take(PONG)
    state.take(PONG)
    assert state.due(25.0) == [Ping()]


def test_where_nothing_comes_from_the_client_no_pong_is_waited_for() -> None:
    state = SessionState(0.0, pong_timeout=0)
    state.take(command("connect"))
    state.connected(0.0)
    assert state.due(25.0) == [Ping()]
    assert state.due(50.0) == [Ping()]


def test_where_the_transport_pings_the_session_does_not() -> None:
    state = SessionState(0.0, ping_interval=0)
    state.take(command("connect"))
    state.connected(0.0)
    assert state.wakes_at is None
    assert state.due(1_000.0) == []


def test_a_connection_ends_with_its_token() -> None:
    state = connected()
    state.refreshed(8.0, refreshable=False)
    assert state.wakes_at == 8.0
    assert state.due(7.9) == []
    assert state.due(8.0) == [End(CloseCode.EXPIRED)]


def test_a_client_that_can_refresh_its_connection_has_time_to_do_so() -> None:
    state = connected()
    state.refreshed(8.0, refreshable=True)
    assert state.due(8.0) == []
    state.due(25.0)
    state.take(PONG)
    assert state.due(32.9) == []
    assert state.due(33.0) == [End(CloseCode.EXPIRED)]


def test_a_connection_that_is_refreshed_goes_on() -> None:
    state = connected()
    state.refreshed(8.0, refreshable=True)
    state.refreshed(100.0, refreshable=True)
    state.due(25.0)
    state.take(PONG)
    assert state.due(33.0) == []


def test_a_subscription_ends_with_its_token_and_the_session_goes_on() -> None:
    state = connected()
    state.subscribe(subscribe("a:b"))
    state.subscribe(subscribe("a:c"))
    state.subscription_refreshed("a:b", 4.0, refreshable=False)
    assert state.wakes_at == 4.0
    assert state.due(4.0) == [Drop("a:b", UnsubscribeCode.EXPIRED)]
    assert list(state.subscriptions) == ["a:c"]


def test_a_subscription_that_can_be_refreshed_has_time() -> None:
    state = connected()
    state.subscribe(subscribe("a:b"))
    state.subscription_refreshed("a:b", 4.0, refreshable=True)
    assert state.due(4.0) == []
    state.due(25.0)
    state.take(PONG)
    assert state.due(29.0) == [Drop("a:b", UnsubscribeCode.EXPIRED)]


def test_the_end_of_a_subscription_of_the_server_is_the_end_of_the_session() -> None:
    state = connected()
    state.subscribe_server_side("a:b")
    state.subscription_refreshed("a:b", 4.0, refreshable=False)
    assert state.due(4.0) == [End(CloseCode.SUBSCRIPTION_EXPIRED)]


def test_only_what_is_subscribed_to_and_ends_can_be_refreshed() -> None:
    state = connected()
    with pytest.raises(PermissionDenied):
        state.check_subscription("a:b")
    with pytest.raises(Disconnect):
        state.check_subscription("")
    state.subscribe(subscribe("a:b"))
    state.check_subscription("a:b")
    with pytest.raises(Disconnect):
        state.check_refreshable("a:b")
    state.subscription_refreshed("a:b", 4.0, refreshable=True)
    state.check_refreshable("a:b")
