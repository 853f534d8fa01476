"""What the options of a namespace allow, and where they leave it to its methods."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from hub.core.errors import BadRequest, HubError, NotAvailable, PermissionDenied, UnknownStream
from hub.core.streams import StreamName
from hub.core.types import JSONObject
from hub.identity import AnyUser, Guest
from hub.namespaces import Asked, Caller, Namespace, NamespaceRegistry, command

ANN, BEN = User(pk=1, username="ann"), User(pk=2, username="ben")
EVE, NOBODY = Guest("eve"), Guest()


def registry(*namespaces: Namespace) -> NamespaceRegistry:
    made = NamespaceRegistry()
    for namespace in namespaces:
        made.register(namespace)
    return made


def news(**options: Any) -> NamespaceRegistry:
    """Return a registry of one namespace `news` with some options."""
    kind: type[Namespace] = type("News", (Namespace,), {"prefix": "news", **options})
    return registry(kind())


def may_read(namespaces: NamespaceRegistry, user: AnyUser, stream: str = "news:a") -> bool:
    [refusal] = namespaces.check_subscribe_many([(user, stream)])
    assert refusal is None or type(refusal) is PermissionDenied
    return refusal is None


def may(check: Any, user: AnyUser, *, subscribed: bool = False) -> bool:
    try:
        check(user, "news:a", subscribed=subscribed)
    except PermissionDenied:
        return False
    return True


def test_nobody_may_anything_where_nothing_is_said() -> None:
    namespaces = news(presence=True)
    for user in (ANN, EVE, NOBODY):
        assert not may_read(namespaces, user)
        for check in (namespaces.check_publish, namespaces.check_history, namespaces.check_presence):
            assert not may(check, user, subscribed=True)


def test_clients_may_read_where_the_option_says_so_and_anonymous_ones_by_another() -> None:
    assert [may_read(news(allow_subscribe_for_client=True), user) for user in (ANN, EVE, NOBODY)] == [True, True, False]
    both = news(allow_subscribe_for_client=True, allow_subscribe_for_anonymous=True)
    assert all(may_read(both, user) for user in (ANN, EVE, NOBODY))
    assert not may_read(news(allow_subscribe_for_anonymous=True), NOBODY)


@pytest.mark.parametrize("right", ["publish", "history", "presence"])
def test_a_right_is_for_every_client_or_for_those_who_read(right: str) -> None:
    def allowed(subscribed: bool, **options: bool) -> list[bool]:
        namespaces = news(presence=True, **{f"allow_{right}_for_{who}": on for who, on in options.items()})
        return [may(getattr(namespaces, f"check_{right}"), one, subscribed=subscribed) for one in (ANN, EVE, NOBODY)]

    assert allowed(False, client=True) == [True, True, False]
    assert allowed(False, client=True, anonymous=True) == [True, True, True]
    assert allowed(False, subscriber=True, anonymous=True) == [False, False, False]
    assert allowed(True, subscriber=True) == [True, True, False]
    assert allowed(True, subscriber=True, anonymous=True) == [True, True, True]
    assert allowed(True, anonymous=True) == [False, False, False]


@pytest.mark.parametrize(("check", "option"), [("check_history", "history"), ("check_presence", "presence")])
def test_an_unknown_stream_comes_before_what_is_not_available_and_that_before_a_right(check: str, option: str) -> None:
    namespaces = news(**{option: False})
    with pytest.raises(UnknownStream):
        getattr(namespaces, check)(ANN, "olds:a")
    with pytest.raises(NotAvailable):
        getattr(namespaces, check)(ANN, "news:a")
    with pytest.raises(PermissionDenied):
        getattr(news(**{option: True}), check)(ANN, "news:a")


class Rooms(Namespace):
    """Streams of Ann and of the guest Eve."""

    prefix = "room"
    presence = True

    def can_subscribe(self, user: User, stream: StreamName) -> bool:
        """Say whether it is Ann."""
        if stream.rest == "gone":
            raise UnknownStream
        return user.pk == ANN.pk

    def can_publish(self, user: User, stream: StreamName) -> bool:
        """Say whether it is Ann."""
        return user.pk == ANN.pk

    def guest_can_subscribe(self, guest: Guest, stream: StreamName) -> bool:
        """Say whether it is Eve."""
        return guest == EVE

    def guest_can_publish(self, guest: Guest, stream: StreamName) -> bool:
        """Say whether it is Eve."""
        return guest == EVE

    def server_side(self, user: User) -> Sequence[str]:
        """Return one room for each user."""
        return (f"room:{user.pk}",)

    @command("say")
    def say(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Tell who it is."""
        return {"by": caller.user.get_username()}


def test_users_are_asked_about_by_one_method_and_guests_by_another() -> None:
    namespaces = registry(Rooms())
    verdicts = namespaces.check_subscribe_many([(one, "room:a") for one in (ANN, BEN, EVE, NOBODY)])
    assert [verdict is None for verdict in verdicts] == [True, False, True, False]
    for check in (namespaces.check_publish, namespaces.check_history, namespaces.check_presence):
        allowed = []
        for one in (ANN, BEN, EVE, NOBODY):
            try:
                check(one, "room:a")
                allowed.append(one)
            except PermissionDenied:
                pass
        assert allowed == [ANN, EVE]


def test_a_guest_carries_out_no_command_that_needs_a_user() -> None:
    stream = StreamName("room:a", "room", ":", "a")
    assert Rooms().run(Caller(ANN, stream), "say", {}) == {"by": "ann"}
    with pytest.raises(PermissionDenied):
        Rooms().run(Caller(EVE, stream), "say", {})


class Many(Rooms):
    """Rooms that are asked about together; the list holds how many at a time."""

    prefix = "many"
    allow_user_limited_channels = True

    def __init__(self) -> None:
        self.asked: list[int] = []

    def may_subscribe(self, asked: Sequence[Asked]) -> list[Exception | None]:
        """Let everybody read."""
        self.asked.append(len(asked))
        return [None] * len(asked)


def test_the_method_is_asked_once_about_all_whom_the_options_say_nothing_of() -> None:
    many = Many()
    pairs: list[tuple[AnyUser, str]] = [
        (ANN, "many:a"),
        (EVE, "many:a"),
        (BEN, "many:b"),
        (ANN, "many:a#1"),
        (BEN, "many:a#1"),
        (ANN, "other:a"),
    ]
    verdicts = registry(many).check_subscribe_many(pairs)
    assert [type(verdict) for verdict in verdicts] == [
        type(None),
        type(None),
        type(None),
        type(None),
        PermissionDenied,
        UnknownStream,
    ]
    assert many.asked == [2]


def test_a_stream_that_names_users_is_for_those_alone() -> None:
    namespaces = news(allow_user_limited_channels=True, allow_subscribe_for_client=True)
    for stream in ("news:a#1,eve", "news:#eve,1", "news:a#7#1,eve"):
        assert [may_read(namespaces, one, stream) for one in (ANN, BEN, EVE)] == [True, False, True]
    assert not may_read(namespaces, NOBODY, "news:a#1,,2")
    assert may_read(namespaces, BEN, "news:a")
    # Without the option the sign has no meaning.
    assert may_read(news(allow_subscribe_for_client=True), BEN, "news:a#1")


def test_a_private_stream_is_for_those_with_a_token_alone() -> None:
    namespaces = news(private_channels=True, allow_subscribe_for_client=True)
    assert not may_read(namespaces, ANN, "$news:a")
    assert namespaces.resolve("$news:a")[1].rest == "a"
    with pytest.raises(UnknownStream):
        registry(Rooms()).resolve("$room:a")


class Shared(Rooms):
    """Rooms of Ann and of Eve; some of them private, some of certain users."""

    prefix = "shared"
    private_channels = True
    allow_user_limited_channels = True


@pytest.mark.parametrize("stream", ["$shared:a", "shared:a#7"])
@pytest.mark.parametrize("user", [ANN, EVE])
def test_of_a_stream_that_the_methods_are_not_asked_about_they_give_no_other_right(stream: str, user: AnyUser) -> None:
    namespaces = registry(Shared())
    for check in (namespaces.check_history, namespaces.check_presence):
        check(user, "shared:a")
        with pytest.raises(PermissionDenied):
            check(user, stream)
        # By a token.
        check(user, stream, subscribed=True)


def test_a_name_that_does_not_fit_its_namespace_is_a_bad_request() -> None:
    namespaces = news(channel_regex="^[a-z]+$", allow_subscribe_for_client=True, allow_publish_for_client=True)
    assert may_read(namespaces, ANN)
    [refusal] = namespaces.check_subscribe_many([(ANN, "news:7")])
    assert type(refusal) is BadRequest
    with pytest.raises(BadRequest):
        namespaces.check_publish(ANN, "news:7")


class Rest(Namespace):
    """All streams whose names name no namespace."""

    prefix = ""
    separator = ""
    allow_subscribe_for_client = True
    allow_user_limited_channels = True


def test_streams_that_name_no_namespace_belong_to_the_one_without_a_prefix() -> None:
    namespaces = registry(Rest(), Rooms())
    assert namespaces.resolve("news")[1] == StreamName("news", "", "", "news")
    assert [may_read(namespaces, one, "dialog#1,9") for one in (ANN, BEN)] == [True, False]
    assert [may_read(namespaces, one, "#2") for one in (ANN, BEN)] == [False, True]
    for stream in ("other:a", "a#b:c"):
        with pytest.raises(UnknownStream):
            namespaces.resolve(stream)
    with pytest.raises(UnknownStream):
        registry(Rooms()).resolve("news")


def test_a_user_gets_streams_without_asking(settings: Settings) -> None:
    namespaces = registry(Rooms(), Rest())
    assert namespaces.server_side(ANN) == ["room:1"]
    assert namespaces.server_side(EVE) == []
    settings.HUBBUB_PERSONAL_CHANNEL = True
    assert namespaces.server_side(ANN) == ["room:1", "#1"]
    assert namespaces.server_side(EVE) == ["#eve"]
    assert namespaces.server_side(NOBODY) == []
    settings.HUBBUB_PERSONAL_CHANNEL_NAMESPACE = "own"
    assert namespaces.server_side(EVE) == ["own:#eve"]


WRONG: list[dict[str, Any]] = [
    {"history_size": -1},
    {"history_size": "10"},
    {"history_size": True},
    {"history_ttl": "1h"},
    {"presence": 1},
    {"join_leave": "yes"},
    {"force_recovery_mode": "all"},
    {"allowed_delta_types": "fossil"},
    {"allowed_delta_types": ["zip"]},
    {"channel_regex": "("},
    {"allow_subscribe_for_clients": True},
    {"histroy_size": 5, "history_sise": 5},
]


@pytest.mark.parametrize("options", WRONG)
def test_a_wrong_option_of_a_class_stops_the_start(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"^News\.{list(options)[-1]}: "):
        news(**options)


def test_a_misspelt_option_is_told_what_may_be_meant() -> None:
    with pytest.raises(ValueError, match="is 'history_size' meant"):
        news(history_sise=5)


@pytest.mark.parametrize(
    ("options", "asked", "expected"),
    [
        ({}, False, (True, True)),
        ({"history": False}, True, (False, False)),
        ({"force_recovery": False}, False, (False, True)),
        ({"force_recovery": False, "force_positioning": False}, True, (True, True)),
        ({"force_recovery": False, "allow_recovery": False}, True, (False, True)),
        ({"force_positioning": False, "allow_positioning": False}, True, (True, False)),
    ],
)
def test_what_a_subscription_does_is_what_is_forced_or_asked_for_and_allowed(
    options: dict[str, bool], asked: bool, expected: tuple[bool, bool]
) -> None:
    namespace, _ = news(**options).resolve("news:a")
    assert (namespace.recovers(asked), namespace.positions(asked)) == expected


def test_joins_are_told_where_there_are_any_to_those_who_ask() -> None:
    def told(asked: bool, **options: bool) -> bool:
        return news(**options).resolve("news:a")[0].tells_join_leave(asked)

    assert not told(True, force_push_join_leave=True)
    assert told(True, join_leave=True)
    assert not told(False, join_leave=True)
    assert told(False, join_leave=True, force_push_join_leave=True)


def test_an_error_of_a_guests_method_is_theirs_alone() -> None:
    class Broken(Rooms):
        def guest_can_subscribe(self, guest: Guest, stream: StreamName) -> bool:
            raise UnknownStream

    verdicts = registry(Broken()).check_subscribe_many([(EVE, "room:a"), (ANN, "room:a")])
    assert [isinstance(verdict, HubError) for verdict in verdicts] == [True, False]
