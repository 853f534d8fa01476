"""Group commit: commands that share a transaction have each what they would have alone."""

import asyncio
import logging
from collections.abc import Iterator, Sequence

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import Message, Room
from hub.commands import Request, carry_out_many, committed
from hub.core.errors import BadRequest, LimitExceeded, PermissionDenied, Unauthorized
from hub.core.types import JSONObject
from hub.database import DatabaseUnavailable, in_database
from hub.models import ApiKey, Stream
from tests.integration.conftest import MakeUser
from tests.integration.hub.boards import Boards, Passing, registered, request
from tests.streams import events_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def boards() -> Iterator[Boards]:
    boards = Boards()
    with registered(boards, Passing()):
        yield boards


def shown(outcomes: Sequence[JSONObject | Exception]) -> list[object]:
    """Return results as they are, and of errors the class."""
    return [type(outcome) if isinstance(outcome, Exception) else outcome for outcome in outcomes]


def texts(stream: str) -> list[str]:
    """Return the texts of a stream's events, in order."""
    return [data["text"] for _, data in events_of(stream)]


def commits(requests: Sequence[Request]) -> tuple[list[object], int]:
    """Carry out commands; return what became of them, and how often was committed."""
    with CaptureQueriesContext(connection) as queries:
        outcomes = carry_out_many(requests)
    return shown(outcomes), sum(query["sql"] == "COMMIT" for query in queries)


@pytest.mark.usefixtures("boards")
def test_commands_that_come_together_are_committed_once(ann: User) -> None:
    outcomes, count = commits([request(ann, "board:a", text=str(number)) for number in range(5)])
    assert outcomes == [{"offset": number} for number in range(1, 6)]
    assert texts("board:a") == ["0", "1", "2", "3", "4"]
    assert count == 1


def test_each_command_has_its_own_result_or_error_and_undoes_nothing_but_itself(
    ann: User, boards: Boards, caplog: pytest.LogCaptureFixture
) -> None:
    requests = [
        request(ann, "board:a", text="one"),
        request(ann, "board:a", text="refused", then="refuse"),
        request(ann, "board:b", text="crashed", then="crash"),
        request(ann, "board:b", text="two"),
        request(ann, "nothing:a", text="nowhere"),
        request(ann, "board:a", text="three"),
    ]
    outcomes, count = commits(requests)
    assert outcomes[:1] + outcomes[3:4] + outcomes[5:] == [{"offset": 1}, {"offset": 1}, {"offset": 2}]
    assert [getattr(outcome, "__name__", None) for outcome in outcomes] == [
        None,
        "PermissionDenied",
        "ZeroDivisionError",
        None,
        "UnknownStream",
        None,
    ]
    assert (texts("board:a"), texts("board:b")) == (["one", "three"], ["two"])
    # What has crashed, and what came after it on its stream, was tried once more.
    assert count == 2


def test_streams_are_taken_in_the_order_of_their_names_and_commands_of_one_in_theirs(ann: User, boards: Boards) -> None:
    order = ["b 1", "a 1", "c 1", "a 2", "b 2"]
    outcomes = carry_out_many([request(ann, f"board:{one[0]}", text=one[-1]) for one in order])
    assert boards.log == ["a 1", "a 2", "b 1", "b 2", "c 1"]
    assert outcomes == [{"offset": int(one[-1])} for one in order]


@pytest.mark.usefixtures("boards")
def test_rights_are_those_of_the_moment(ann: User, make_user: MakeUser) -> None:
    bob = make_user("bob")
    requests = [request(bob, "board:a", text="bob"), request(ann, "board:a", text="ann")]
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert shown(carry_out_many(requests)) == [Unauthorized, {"offset": 1}]


@pytest.mark.usefixtures("boards")
def test_a_commit_that_fails_is_made_good_by_carrying_out_each_alone(ann: User) -> None:
    requests = [request(ann, "board:a", text="one"), request(ann, "board:b", text="two")]
    requests.insert(1, request(ann, "board:a", text="bad", then="fail_in_commit"))
    outcomes = carry_out_many(requests)
    assert [getattr(type(outcome), "__name__", "") for outcome in outcomes] == ["dict", "IntegrityError", "dict"]
    assert (texts("board:a"), texts("board:b")) == (["one"], ["two"])
    assert not ApiKey.objects.exists()


@pytest.mark.usefixtures("boards")
@pytest.mark.parametrize(
    "what", [{"then": "fail_beside_others"}, {"before": "spoil"}, {"after": "spoil"}, {"before": "be_durable"}]
)
def test_what_cannot_share_a_transaction_gets_its_own_with_all_that_comes_after_it(
    ann: User, what: dict[str, str]
) -> None:
    requests = [request(ann, "board:a", text="1"), request(ann, "board:a", text="2", **what)]
    requests += [request(ann, "board:a", text="3"), request(ann, "board:b", text="1")]
    assert carry_out_many(requests) == [{"offset": 1}, {"offset": 2}, {"offset": 3}, {"offset": 1}]
    assert texts("board:a") == ["1", "2", "3"]


@pytest.mark.usefixtures("boards")
def test_a_database_that_refuses_one_stream_is_not_asked_for_it_again_and_that_of_two_for_no_other(ann: User) -> None:
    def fail(stream: str, text: str) -> Request:
        return request(ann, stream, text=text, then="fail_always")

    requests = [fail("board:a", "1"), request(ann, "board:a", text="2"), request(ann, "board:b", text="1")]
    assert shown(carry_out_many(requests)) == [DatabaseUnavailable, DatabaseUnavailable, {"offset": 1}]
    requests = [fail("board:a", "1"), fail("board:b", "2"), fail("board:c", "3")]
    assert shown(carry_out_many(requests)) == [DatabaseUnavailable] * 3
    assert (texts("board:a"), texts("board:b")) == ([], ["1"])


@pytest.mark.usefixtures("boards")
def test_a_hook_of_one_command_that_fails_stops_those_of_no_other(ann: User, caplog: pytest.LogCaptureFixture) -> None:
    ran: list[str] = []

    class Telling(Boards):
        prefix = "telling"

        def _tell(self) -> None:
            from django.db import transaction

            transaction.on_commit(lambda: ran.append("ran"))

    with registered(Telling()):
        requests = [request(ann, "telling:a", text="1", then="fail_afterwards")]
        requests += [request(ann, "telling:a", text="2", then="tell")]
        outcomes, count = commits(requests)
    assert outcomes == [{"offset": 1}, {"offset": 2}]
    assert (ran, count) == (["ran"], 1)
    assert "a secret of the server" in caplog.text


@pytest.mark.usefixtures("boards")
def test_a_key_that_comes_twice_in_one_group_has_one_effect(ann: User) -> None:
    pins = [request(ann, "board:a", text=text, key="k") for text in ("first", "second")]
    assert carry_out_many(pins) == [{"offset": 1}, {"offset": 1}]
    assert texts("board:a") == ["first"]
    events = [request(ann, "board:b", "publish", data={"text": text}, key="k") for text in ("first", "second")]
    epoch = Stream.objects.get(name="board:a").epoch
    outcomes = carry_out_many(events)
    assert outcomes[0] == outcomes[1]
    assert shown(outcomes)[0] == {"epoch": Stream.objects.get(name="board:b").epoch, "offset": 1} != {"epoch": epoch}
    assert texts("board:b") == ["first"]


def test_a_message_whose_key_comes_twice_in_one_group_is_posted_once(ann: User, lobby: Room) -> None:
    posts = [request(ann, "chat:lobby", "message.post", body=body, key="k") for body in ("first", "second")]
    first, second = carry_out_many(posts)
    assert first == second
    assert Message.objects.get().body == "first"


@pytest.mark.usefixtures("boards")
def test_a_key_whose_first_use_was_undone_is_free_for_the_second(ann: User) -> None:
    requests = [request(ann, "board:a", text="undone", key="k", then="refuse")]
    requests += [request(ann, "board:a", text="kept", key="k")]
    assert shown(carry_out_many(requests)) == [PermissionDenied, {"offset": 1}]
    assert texts("board:a") == ["kept"]


BAD_EVENTS: list[tuple[JSONObject, type[Exception]]] = [
    ({}, BadRequest),
    ({"data": []}, BadRequest),
    ({"data": {}, "type": ""}, BadRequest),
    ({"data": {}, "type": "x" * 101}, BadRequest),
    ({"data": {}, "type": 7}, BadRequest),
    ({"data": {}, "key": ""}, BadRequest),
    ({"data": {}, "key": "x" * 201}, BadRequest),
    ({"data": {}, "kye": "k"}, BadRequest),
    ({"data": {"a": "x" * 524_288}}, LimitExceeded),
]


@pytest.mark.usefixtures("boards")
def test_an_event_that_is_wrong_is_refused_and_stops_no_others(ann: User, make_user: MakeUser) -> None:
    good = request(ann, "board:a", "publish", data={"text": "good"}, type="said", key="k")
    bad = [request(ann, "board:a", "publish", **data) for data, _ in BAD_EVENTS]
    mute = request(make_user("mute"), "board:a", "publish", data={"text": "unheard"})
    outcomes, count = commits([*bad, mute, good])
    assert outcomes[:-1] == [*(error for _, error in BAD_EVENTS), PermissionDenied]
    assert outcomes[-1] == {"epoch": Stream.objects.get(name="board:a").epoch, "offset": 1}
    assert events_of("board:a") == [("said", {"text": "good"})]
    assert count == 1
    # The same alone.
    assert [shown(carry_out_many_singly([one]))[0] for one in [*bad, mute]] == outcomes[:-1]


def carry_out_many_singly(requests: Sequence[Request]) -> list[JSONObject | Exception]:
    outcomes: list[JSONObject | Exception] = []
    for one in requests:
        try:
            outcomes += carry_out_many([one])
        except Exception as error:
            outcomes.append(error)
    return outcomes


@pytest.mark.usefixtures("boards")
def test_events_and_other_commands_of_one_stream_keep_their_order(ann: User) -> None:
    requests = [
        request(ann, "board:a", "publish", data={"text": "1"}),
        request(ann, "board:a", text="2"),
        request(ann, "board:a", "publish", data={"text": "3"}),
        request(ann, "board:b", "publish", data={"text": "4"}),
    ]
    assert [outcome["offset"] for outcome in carry_out_many(requests) if isinstance(outcome, dict)] == [1, 2, 3, 1]
    assert texts("board:a") == ["1", "2", "3"]


@pytest.mark.usefixtures("boards")
def test_events_that_cannot_be_written_together_are_written_one_by_one(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(batch: object) -> None:
        raise BadRequest("something that nobody thought of")

    monkeypatch.setattr("hub.commands.publish_to_many", fail)
    requests = [request(ann, "board:a", "publish", data={"text": text}) for text in "12"]
    outcomes, count = commits(requests)
    assert (texts("board:a"), count) == (["1", "2"], 1)
    assert [type(outcome) for outcome in outcomes] == [dict, dict]


@pytest.mark.usefixtures("boards")
def test_of_a_stream_without_a_history_nothing_is_written(ann: User, make_user: MakeUser) -> None:
    requests = [request(ann, "passing:a", "publish", data={"text": text}) for text in "12"]
    requests += [request(make_user("mute"), "passing:a", "publish", data={})]
    requests += [request(ann, "passing:a", "publish", data={}, key="k")]
    expected = [{}, {}, PermissionDenied, BadRequest]
    assert commits(requests) == (expected, 0)
    assert [shown(carry_out_many_singly([one]))[0] for one in requests] == expected
    assert not Stream.objects.exists()


@pytest.mark.usefixtures("process")
async def test_nobody_hears_of_a_result_before_the_commit(ann: User, boards: Boards) -> None:
    first = committed.submit(request(ann, "board:a", text="first"))
    second = committed.submit(request(ann, "board:b", text="second", then="wait"))
    await asyncio.to_thread(boards.begun.wait, 60)
    # The first is done, and not committed.
    assert boards.log == ["a first", "b second"]
    assert await in_database(texts, "board:a") == []
    assert not first.done()
    boards.go.set()
    assert (await first, await second) == ({"offset": 1}, {"offset": 1})
    assert await in_database(texts, "board:a") == ["first"]


@pytest.mark.usefixtures("boards")
def test_a_group_that_fails_says_so_in_the_log(ann: User, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        carry_out_many([request(ann, "board:a", text="1"), request(ann, "board:b", text="2", then="fail_in_commit")])
    assert "a shared transaction failed" in caplog.text
