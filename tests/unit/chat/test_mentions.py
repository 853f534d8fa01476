"""Finding `@username` in a text."""

import pytest

from chat.mentions import MAX_MENTIONS, find_mentions


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("hello @ann", ["ann"]),
        ("@ann and @bob", ["ann", "bob"]),
        ("(@ann)", ["ann"]),
        ("@ann, @ann!", ["ann"]),
        ("@ann\n@bob", ["ann", "bob"]),
        ("@jürgen", ["jürgen"]),
        ("nobody", []),
        ("@", []),
        ("me@example.com", []),
        ("a+@ann", []),
    ],
)
def test_a_mention_begins_at_an_at_sign_that_ends_no_word(text: str, best: list[str]) -> None:
    assert [readings[0] for readings in find_mentions(text)] == best


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("@ann.", [["ann.", "ann"]]),
        ("@ann...", [["ann...", "ann..", "ann.", "ann"]]),
        ("@ann.lee.", [["ann.lee.", "ann.lee"]]),
        ("@ann@example.com", [["ann@example.com"]]),
        ("@...", [["...", "..", "."]]),
        ("@@ann", [["@ann"]]),
        ("@\uff41nn", [["ann"]]),
    ],
)
def test_a_mention_may_end_before_the_sentence_does(text: str, readings: list[list[str]]) -> None:
    assert find_mentions(text) == readings


def test_only_the_first_mentions_are_looked_at() -> None:
    text = " ".join(f"@user{number}" for number in range(MAX_MENTIONS + 5))
    found = find_mentions(text)
    assert len(found) == MAX_MENTIONS
    assert found[-1] == [f"user{MAX_MENTIONS - 1}"]
