"""Which clients processes share, step by step on a real Redis."""

import pytest

from hub.core.clients import encode_entry, info_of
from hub.presence import store as store_module
from hub.presence.store import Forgotten, PresenceUnknown
from tests.integration.hub.presence.shared import Shared

STREAM = "t:a"


def entry(client: str, user: str = "1", *, told: bool = True, stream: str = STREAM) -> tuple[str, str, str]:
    """Return stream, client and entry of a client that is there."""
    return stream, client, encode_entry({"user": user, "client": client}, told)


def gone(client: str, stream: str = STREAM) -> tuple[str, str, str]:
    """Return what is recorded of one that has left."""
    return stream, client, ""


def read(shared: Shared, limit: int = 100, stream: str = STREAM) -> tuple[set[str], int, int]:
    """Return which clients are listed, how many there are, and of how many users."""
    present = shared.store.read_clients(stream, limit)
    assert all(info_of(text)["client"] == client for client, text in present.entries.items())
    return set(present.entries), present.clients, present.users


def test_clients_of_all_processes_are_listed_and_their_users_counted_once(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.record_clients("p", life, entry("a", "1"), entry("b", "2"), entry("other", "9", stream="t:b"))
    shared.record_clients("q", life, entry("c", "1"), entry("d", ""), entry("e", ""))
    assert read(shared) == ({"a", "b", "c", "d", "e"}, 5, 3)
    assert read(shared, limit=2)[1:] == (5, 3)
    assert len(read(shared, limit=2)[0]) == 2
    assert read(shared, limit=0) == (set(), 5, 3)
    assert read(shared, stream="t:unknown") == (set(), 0, 0)


def test_a_user_counts_until_the_last_of_their_clients_has_left(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.record_clients("p", life, entry("a", "1"))
    shared.record_clients("q", life, entry("b", "1"))
    shared.record_clients("p", life, gone("a"))
    assert read(shared) == ({"b"}, 1, 1)
    shared.record_clients("q", life, gone("b"))
    assert read(shared) == (set(), 0, 0)
    assert shared.keys() == {"clock", "life", "processes"}


def test_what_is_written_twice_counts_once_and_what_is_new_of_a_client_holds(shared: Shared) -> None:
    life = shared.register("p")
    for _ in range(2):
        shared.record_clients("p", life, entry("a", "1"))
    info = {"user": "2", "client": "a", "conn_info": {"name": "Änn\n"}}
    shared.record_clients("p", life, (STREAM, "a", encode_entry(info, True)))
    present = shared.store.read_clients(STREAM, 10)
    assert (info_of(present.entries["a"]), present.clients, present.users) == (info, 1, 1)
    for _ in range(2):
        shared.record_clients("p", life, gone("a"))
    assert read(shared) == (set(), 0, 0)


@pytest.mark.parametrize("user", ["", "\n", '"', "1\n2", "ü", "\\"])
def test_a_user_may_have_whatever_id(user: str, shared: Shared) -> None:
    life = shared.register("p")
    shared.record_clients("p", life, entry("a", user), entry("b", "another"))
    assert read(shared) == ({"a", "b"}, 2, 2)
    shared.record_clients("p", life, gone("a"))
    assert read(shared) == ({"b"}, 1, 1)


def test_the_clients_of_a_dead_process_vanish_at_once_and_are_handed_over_once(shared: Shared) -> None:
    life = shared.register("p")
    for process in ("q", "r"):
        shared.register(process)
    shared.record_clients("p", life, entry("a", "1"), entry("b", "2"), entry("quiet", "3", told=False))
    shared.record_clients("q", life, entry("c", "1"))
    shared.let_die("p")
    assert read(shared) == ({"c"}, 1, 1)
    found = shared.tick("q", life).gone + shared.tick("r", life).gone
    # Of whom nobody is told, nobody is told.
    assert sorted(found) == [(STREAM, entry(client, user)[2]) for client, user in (("a", "1"), ("b", "2"))]
    assert read(shared) == ({"c"}, 1, 1)
    shared.record_clients("q", life, gone("c"))
    assert shared.keys() == {"clock", "life", "processes"}


def test_a_process_that_ends_in_order_takes_its_clients_along(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.record_clients("p", life, entry("a"))
    shared.store.withdraw("p")
    assert read(shared) == (set(), 0, 0)
    assert shared.tick("q", life).gone == [(STREAM, entry("a")[2])]


def test_a_process_of_an_older_version_that_buries_another_leaves_its_clients_to_the_others(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.record_clients("p", life, entry("a"))
    # All that an older version does of what has to do with clients: nothing.
    shared._client.zrem(f"{shared._prefix}processes", "p")
    assert shared.tick("q", life).gone == [(STREAM, entry("a")[2])]


def test_many_clients_of_a_dead_process_are_removed_in_pieces(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    for first in range(0, 2_000, 500):
        shared.record_clients("p", life, *(entry(f"c{n}", str(n)) for n in range(first, first + 500)))
    shared.record_clients("p", life, *(entry("one", stream=f"t:{n}") for n in range(300)))
    shared.let_die("p")
    changes, more = shared.store.tick("q", life)
    assert more
    assert 0 < len(changes.gone) <= 2 * store_module.BUDGET
    assert len(changes.gone) + len(shared.tick("q", life).gone) == 2_300
    assert shared.keys() == {"clock", "life", "processes"}


def test_a_process_that_was_counted_as_dead_hears_of_it(shared: Shared) -> None:
    life = shared.register("p")
    shared.register("q")
    shared.let_die("p")
    shared.tick("q", life)
    with pytest.raises(Forgotten):
        shared.record_clients("p", life, entry("a"))


def test_after_redis_lost_everything_clients_are_unknown_until_all_have_written(shared: Shared) -> None:
    with pytest.raises(PresenceUnknown):
        read(shared)
    life = shared.store.register("p")
    shared.record_clients("p", life, entry("a"))
    with pytest.raises(PresenceUnknown):
        read(shared)
    shared.settle()
    assert read(shared) == ({"a"}, 1, 1)


def test_an_answer_has_no_more_bytes_than_are_asked_for(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_BYTES", 10_000)
    life = shared.register("p")
    for number in range(30):
        info = {"user": "1", "client": f"c{number}", "conn_info": "x" * 1_000}
        shared.record_clients("p", life, (STREAM, f"c{number}", encode_entry(info, False)))
    present = shared.store.read_clients(STREAM, 100)
    assert (present.clients, present.users, len(present.entries)) == (30, 1, 9)
