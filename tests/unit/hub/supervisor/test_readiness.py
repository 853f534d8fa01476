"""What the answers of `/health` mean."""

import pytest

from hub.supervisor.readiness import Health, ask_health, parse_health


def test_200_means_ready() -> None:
    health = parse_health(b'HTTP/1.1 200 OK\r\nA: b\r\n\r\n{"status": "ok", "parts": {"redis": "ok"}}')
    assert health == Health(200, {"redis": "ok"})
    assert health.is_ready
    assert health.complaints == []


def test_503_names_the_parts_that_are_not_ready() -> None:
    body = b'{"status": "unavailable", "parts": {"database": "ok", "redis": "connection refused"}}'
    health = parse_health(b"HTTP/1.0 503 Service Unavailable\r\n\r\n" + body)
    assert not health.is_ready
    assert health.complaints == ["redis (connection refused)"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"parts": 3}'])
def test_an_answer_of_another_kind_is_spoken_of_by_its_status(body: bytes) -> None:
    assert parse_health(b"HTTP/1.1 500 Oh\r\n\r\n" + body).complaints == ["/health (answers 500)"]


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1", b"SSH-2.0 200 hello", b"HTTP/1.1 OK\r\n\r\n"])
def test_what_is_no_http_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r"HTTP|invalid literal"):
        parse_health(answer)


async def test_no_answer_is_no_health() -> None:
    assert await ask_health(("127.0.0.1", 1), "localhost") is None
