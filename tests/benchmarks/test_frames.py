"""The load's frames: those it sends are a client's, those it gets are cut wherever they are broken."""

import pytest

from tests.benchmarks.client.frames import PING, TEXT, Frames, frame, pings, stream_path
from tests.benchmarks.client.messages import StreamDialect, body, read_stamp


def server_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    size = len(payload)
    head = bytes((size,)) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
    return bytes((0x80 | opcode,)) + head + payload


@pytest.mark.parametrize("size", [0, 5, 125, 126, 300, 65_535])
def test_a_frame_of_a_client_is_masked_and_tells_its_length(size: int) -> None:
    made = frame(TEXT, b"x" * size)
    head = 2 if size < 126 else 4
    assert made[0] == 0x81
    assert made[1] & 0x80
    assert len(made) == head + 4 + size
    assert made.endswith(b"x" * size)


def test_frames_are_cut_wherever_what_comes_is_broken() -> None:
    sent = server_frame(b"one") + server_frame(b"", PING) + server_frame(b"x" * 200)
    for size in (1, 2, 3, 7, 64, len(sent)):
        frames = Frames()
        found = [cut for at in range(0, len(sent), size) for cut in frames.feed(sent[at : at + size])]
        assert [(opcode, len(payload)) for opcode, payload, _ in found] == [(TEXT, 3), (PING, 0), (TEXT, 200)]


def test_the_bytes_of_frames_are_all_that_came() -> None:
    sent = server_frame(b"one") + server_frame(b"x" * 200)
    assert sum(whole for _, _, whole in Frames().feed(sent)) == len(sent)


@pytest.mark.parametrize("payload", [b"", b"twelve bytes", b"\x89\x00\x81\x7e"])
def test_pings_are_found_between_texts(payload: bytes) -> None:
    ping = server_frame(payload, PING)
    sent = bytearray(server_frame(b"one") + ping + server_frame(b"x" * 200) + ping)
    assert pings(sent, len(sent)) == [payload, payload]


@pytest.mark.parametrize("size", [0x89, 0x89 + 256, 0x89 * 256 + 7])
def test_the_length_of_a_text_is_no_ping(size: int) -> None:
    sent = bytearray(server_frame(b"x" * size) + server_frame(b"y" * size))
    assert pings(sent, len(sent)) == []


def test_what_is_behind_the_bytes_that_came_is_not_looked_at() -> None:
    sent = bytearray(server_frame(b"one") + server_frame(b"", PING))
    assert pings(sent, len(sent) - 2) == []


def test_a_message_tells_when_it_was_made_and_which_it_is() -> None:
    payload = StreamDialect().post(0, 7, body(7, 100))
    stamp = read_stamp(payload)
    assert stamp is not None
    assert stamp.number == 7
    assert stamp.sent > 0


def test_all_messages_of_a_run_have_one_length() -> None:
    assert {len(body(number, 100)) for number in (1, 10, 99_999_999)} == {100}


def test_a_message_that_has_no_room_for_its_stamp_is_refused() -> None:
    with pytest.raises(ValueError, match="33 characters or more"):
        body(1, 20)


def test_what_is_none_of_ours_has_no_stamp() -> None:
    assert read_stamp(b'{"type":"presence.joined"}') is None


def test_the_name_of_a_stream_is_encoded_in_its_address() -> None:
    assert stream_path("live:hall.1/2", "?since=3") == "/ws/stream/live%3Ahall.1%2F2/?since=3"
