"""Names of streams and of their groups."""

import re
import string

import pytest
from channels.layers import BaseChannelLayer
from hypothesis import example, given
from hypothesis import strategies as st

from hub.core.codecs.plain import encode_error
from hub.core.errors import BadRequest, HubError, UnknownStream
from hub.core.streams import MAX_STREAM_NAME, StreamName, group_name, parse_stream_name, without_user_part

#: Printable ASCII without the blank: all that a name may be made of.
ALLOWED = string.ascii_letters + string.digits + string.punctuation

words = st.text(st.sampled_from(ALLOWED.replace(":", "").replace("#", "").replace("$", "")), min_size=1, max_size=20)
rests = st.text(st.sampled_from(ALLOWED), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("full", "prefix", "separator", "rest"),
    [
        ("chat:lobby", "chat", ":", "lobby"),
        ("inbox#42", "inbox", "#", "42"),
        ("a:b:c", "a", ":", "b:c"),
        ("a:b#c", "a", ":", "b#c"),
        ("a#b:c", "a", "#", "b:c"),
        ("a::", "a", ":", ":"),
        ("lobby", "", "", "lobby"),
        ("#1", "", "", "#1"),
        ("#a:b", "", "", "#a:b"),
        (":lobby", "", "", ":lobby"),
        ("$chat:lobby", "chat", ":", "lobby"),
        ("$lobby", "", "", "lobby"),
        ("chat:$lobby", "chat", ":", "$lobby"),
    ],
)
def test_a_name_is_cut_at_its_first_separator(full: str, prefix: str, separator: str, rest: str) -> None:
    assert parse_stream_name(full) == StreamName(full, prefix, separator, rest)


@given(words, st.sampled_from(":#"), rests)
def test_every_name_of_two_parts_is_taken_apart(prefix: str, separator: str, rest: str) -> None:
    name = parse_stream_name(prefix + separator + rest)
    assert (name.prefix, name.separator, name.rest) == (prefix, separator, rest)
    assert str(name) == name.full == prefix + separator + rest


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("dialog#1,2", ("", "", "dialog#1,2")),
        ("#1", ("", "", "#1")),
        ("team:a#1,2", ("team", ":", "a#1,2")),
        ("a#b:c", ("a#b", ":", "c")),
        ("$dialog#1", ("", "", "dialog#1")),
    ],
)
def test_what_follows_a_number_sign_may_be_a_list_of_users(full: str, parts: tuple[str, str, str]) -> None:
    assert without_user_part(parse_stream_name(full)) == StreamName(full, *parts)


@pytest.mark.parametrize("full", ["chat:", ":", "#", "chat#", "$", "$:", "$chat:"])
def test_a_name_without_a_rest_is_unknown(full: str) -> None:
    with pytest.raises(UnknownStream, match="expected a stream name like 'chat:lobby' or 'inbox#1', got"):
        parse_stream_name(full)


@pytest.mark.parametrize(
    "full", ["", "chat:a b", "chat:\n", "chat:\x00", "chat:\x7f", "chat:é", "chat:\ud800", "chat:" + "a" * 251]
)
def test_a_name_of_other_characters_or_too_long_is_refused(full: str) -> None:
    with pytest.raises(BadRequest, match="expected a stream name of 1 to 255 printable ASCII characters, got"):
        parse_stream_name(full)


def test_the_longest_name_is_taken() -> None:
    full = "chat:" + "a" * (MAX_STREAM_NAME - 5)
    assert parse_stream_name(full).rest == "a" * 250


@given(st.text(st.characters()))
@example(":a#b")
def test_any_text_is_a_name_or_an_error_a_client_may_read(full: str) -> None:
    try:
        name = parse_stream_name(full)
    except HubError as error:
        encode_error(error).encode()
    else:
        assert "$" * name.is_private + name.prefix + name.separator + name.rest == full
        assert without_user_part(name).full == full
        assert not set(name.prefix) & {":", "#"}


@given(st.text())
def test_a_group_has_a_name_that_channels_takes(stream: str) -> None:
    group = group_name(stream)
    assert re.fullmatch(r"[a-zA-Z\d\-_.]+", group)
    assert len(group) < 100
    BaseChannelLayer().require_valid_group_name(group)


@given(st.text(), st.text())
def test_two_streams_have_two_groups(one: str, other: str) -> None:
    assert (group_name(one) == group_name(other)) is (one == other)


def test_the_group_of_a_stream_is_the_same_in_every_process_and_version() -> None:
    assert group_name("chat:lobby") == "hub.4ffe4927ef75ec17aa5f7d2583cfff32"
