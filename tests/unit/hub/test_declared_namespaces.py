"""Namespaces of the settings: what they become, and what is told of those that are wrong."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from hub.core.errors import PermissionDenied, UnknownStream
from hub.identity import Guest
from hub.namespaces import Namespace, NamespaceRegistry
from hub.namespaces.declared import DeclaredNamespace, declare, namespace_of, problems, seconds
from hub.namespaces.options import NAMES

ANN = User(pk=1, username="ann")


def registry(*entries: dict[str, Any]) -> NamespaceRegistry:
    made = NamespaceRegistry()
    declare(entries, made)
    return made


def told(*entries: Any) -> list[str]:
    return [f"{where}: {words}" for where, words in problems(list(entries))]


def test_a_declaration_makes_a_namespace_with_its_options() -> None:
    namespaces = registry(
        {"name": "news", "history_size": 10, "history_ttl": "1h30m", "allow_subscribe_for_client": True},
        {"name": "", "presence": True},
    )
    news, _ = namespaces.resolve("news:today")
    assert (news.history, news.history_size, news.history_ttl) == (True, 10, 5_400)
    assert namespaces.check_subscribe_many([(ANN, "news:today"), (Guest("eve"), "news:today")]) == [None, None]
    rest, name = namespaces.resolve("anything")
    assert (rest.presence, rest.history, name.rest) == (True, False, "anything")
    assert "presence" in rest.commands
    assert "presence" not in news.commands
    with pytest.raises(UnknownStream):
        namespaces.resolve("other:a")


def test_nothing_is_on_that_is_not_asked_for() -> None:
    namespace = namespace_of({"name": "news", "history": True})
    on = {name for name in NAMES if getattr(namespace, name) is True}
    assert on == {"history"}
    assert not namespace.recovers(True)
    assert not namespace.positions(True)


@pytest.mark.parametrize(
    ("options", "kept"),
    [({}, False), ({"history_size": 5}, True), ({"history_ttl": "1s"}, True), ({"history_size": 0}, False)],
)
def test_events_are_kept_where_it_is_said_how_many_or_how_long(options: dict[str, Any], kept: bool) -> None:
    assert namespace_of({"name": "a", **options}).history is kept


def test_whoever_may_read_may_not_yet_read_the_history_or_see_who_is_there() -> None:
    namespaces = registry(
        {"name": "a", "history_size": 5, "presence": True, "allow_subscribe_for_client": True},
        {"name": "b", "history_size": 5, "allow_history_for_subscriber": True},
    )
    for check in (namespaces.check_history, namespaces.check_presence, namespaces.check_publish):
        with pytest.raises(PermissionDenied):
            check(ANN, "a:1", subscribed=True)
    namespaces.check_history(ANN, "b:1", subscribed=True)


def test_everything_is_open_to_everybody_where_the_site_says_so(settings: Settings) -> None:
    class Rooms(Namespace):
        prefix = "room"

    namespaces = registry({"name": "a", "history_size": 5, "presence": True})
    namespaces.register(Rooms())
    nobody = Guest()
    assert [verdict is None for verdict in namespaces.check_subscribe_many([(nobody, "a:1")])] == [False]
    settings.HUBBUB_INSECURE = True
    asked = [(nobody, "a:1"), (nobody, "$a:1"), (nobody, "room:1")]
    verdicts = namespaces.check_subscribe_many([*asked])
    assert [verdict is None for verdict in verdicts] == [True, True, False]
    namespaces.check_history(nobody, "a:1")
    namespaces.check_publish(nobody, "a:1")
    namespaces.check_presence(nobody, "a:1")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "news", "histroy_size": 5}, "news, histroy_size: there is no such option; is 'history_size' meant?"),
        ({"name": "news", "presence": "yes"}, "news, presence: expected true or false, got 'yes'"),
        (
            {"name": "news", "history_ttl": "1 day"},
            "news, history_ttl: expected a number of seconds, 0 or more, got '1 day'",
        ),
        ({"history_size": -1}, "the one without a name, history_size: expected a whole number, 0 or more, got -1"),
        ({"name": "a:b"}, "0: expected an object with a name of letters, digits and -_., got {'name': 'a:b'}"),
        ({"name": 7}, "0: expected an object with a name of letters, digits and -_., got {'name': 7}"),
        ("news", "0: expected an object with a name of letters, digits and -_., got 'news'"),
    ],
)
def test_what_is_wrong_with_a_declaration_is_told_by_name(entry: Any, words: str) -> None:
    assert told(entry) == [words]
    assert list(registry(entry)) == []


def test_two_of_one_name_are_refused() -> None:
    assert told({"name": "a"}, {"name": "a"}) == ["a: there are two of this name"]


def test_declarations_that_are_no_list_are_refused() -> None:
    assert [where for where, _ in problems({"name": "a"})] == [""]


def test_a_class_keeps_its_streams() -> None:
    class Rooms(Namespace):
        prefix = "room"

    namespaces = NamespaceRegistry()
    namespaces.register(Rooms())
    declare([{"name": "room"}, {"name": "news"}], namespaces)
    assert isinstance(namespaces.resolve("room:a")[0], Rooms)
    assert isinstance(namespaces.resolve("news:a")[0], DeclaredNamespace)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90), ("1h30m", 5_400), ("500ms", 0.5), ("0", 0), ("1.5h", 5_400), (60, 60), ("5", "5"), ("-1s", "-1s")],
)
def test_a_time_is_written_as_in_go(text: Any, expected: Any) -> None:
    assert seconds(text) == expected
