"""When a ping is due, and when silence is death."""

from clients.heartbeat import Heartbeat


def test_a_ping_is_due_after_20_seconds_of_silence() -> None:
    heartbeat = Heartbeat(now=100)
    assert not heartbeat.ping_due(119.9)
    assert heartbeat.ping_due(120)


def test_whatever_is_heard_puts_the_ping_off() -> None:
    heartbeat = Heartbeat(now=100)
    heartbeat.heard(110)
    assert not heartbeat.ping_due(125)
    assert heartbeat.wait(125) == 5


def test_a_ping_without_an_answer_for_10_seconds_means_death() -> None:
    heartbeat = Heartbeat(now=100)
    heartbeat.pinged(120)
    assert not heartbeat.dead(129.9)
    assert heartbeat.dead(130)
    assert heartbeat.wait(125) == 5


def test_no_second_ping_goes_out_while_one_is_open() -> None:
    heartbeat = Heartbeat(now=100)
    heartbeat.pinged(120)
    assert not heartbeat.ping_due(129)


def test_any_answer_to_the_ping_is_life() -> None:
    heartbeat = Heartbeat(now=100)
    heartbeat.pinged(120)
    heartbeat.heard(121)
    assert not heartbeat.dead(200)
    assert heartbeat.ping_due(141)


def test_the_wait_is_never_negative() -> None:
    assert Heartbeat(now=100).wait(500) == 0
