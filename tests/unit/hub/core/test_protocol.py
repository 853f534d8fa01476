"""The end of a connection: its code, and words that fit a close frame."""

import pytest

from hub.core.protocol import Disconnect


def test_a_disconnect_without_words_has_those_of_its_code() -> None:
    assert (Disconnect(3012).code, Disconnect(3012).reason) == (3012, "no pong")
    assert str(Disconnect(3012)) == "3012 no pong"


def test_a_disconnect_has_the_words_that_it_is_given() -> None:
    assert Disconnect(4500, "banned").reason == "banned"


@pytest.mark.parametrize("words", ["x" * 500, "é" * 500, "x" + "é" * 500, "\ud800" * 500])
def test_the_words_fit_a_close_frame(words: str) -> None:
    assert 121 <= len(Disconnect(3501, words).reason.encode()) <= 123
