"""The clients of one process: who is recorded, and who is told of."""

from hub.core.clients import ClientEntry, Clients, encode_entry, info_of, is_told
from hub.core.comings import Comings
from hub.core.publications import JOIN, LEAVE

STREAM = "t:a"
ANN = encode_entry({"user": "1", "client": "a"}, told=True)
BOB = encode_entry({"user": "2", "client": "b"}, told=False)


class Process:
    """A process, and what it has told."""

    def __init__(self) -> None:
        self.comings = Comings(1_000.0, 100, now=0.0)
        self.clients = Clients(self.comings)

    def record(self) -> list[ClientEntry]:
        """Record what waits."""
        entries = self.clients.take(100)
        self.clients.confirm(entries)
        return entries

    def told(self) -> list[tuple[str, str]]:
        """Return what may be told: type and entry."""
        return [(told.type, told.text) for told in self.comings.take(0.0, lambda stream: 1)]


def test_an_entry_says_of_whom_it_is_and_whether_it_is_told() -> None:
    info = {"user": 'a"\n', "client": "c", "chan_info": [1, None]}
    text = encode_entry(info, told=True)
    assert text.partition("\n")[0] == '1"a\\"\\n"'
    assert info_of(text) == info
    assert (is_told(text), is_told(encode_entry(info, told=False))) == (True, False)


def test_a_client_is_told_of_once_it_is_recorded() -> None:
    process = Process()
    process.clients.enter(STREAM, "a", ANN)
    assert process.told() == []
    assert process.record() == [(STREAM, "a", ANN)]
    assert process.told() == [(JOIN, ANN)]
    process.clients.leave(STREAM, "a")
    assert process.record() == [(STREAM, "a", "")]
    assert process.told() == [(LEAVE, ANN)]
    assert len(process.clients) == 0


def test_a_client_of_which_nobody_is_told_is_recorded_alone() -> None:
    process = Process()
    process.clients.enter(STREAM, "b", BOB)
    process.record()
    process.clients.leave(STREAM, "b")
    assert process.record() == [(STREAM, "b", "")]
    assert process.told() == []


def test_what_is_new_of_a_client_is_recorded_and_not_told() -> None:
    process = Process()
    process.clients.enter(STREAM, "a", ANN)
    process.record()
    process.told()
    more = encode_entry({"user": "1", "client": "a", "conn_info": 1}, told=True)
    process.clients.enter(STREAM, "a", more)
    assert process.record() == [(STREAM, "a", more)]
    assert process.told() == []
    process.clients.leave(STREAM, "a")
    process.record()
    assert process.told() == [(LEAVE, more)]


def test_the_readers_of_a_stream_are_counted_by_its_clients() -> None:
    process = Process()
    for _ in range(2):
        process.clients.enter(STREAM, "a", ANN)
    process.clients.enter(STREAM, "b", BOB)
    assert (process.clients.count(STREAM), process.clients.count("t:b")) == (2, 0)
    for _ in range(2):
        process.clients.leave(STREAM, "a")
    process.clients.leave("t:b", "a")
    assert process.clients.count(STREAM) == 1


def test_what_may_not_have_arrived_is_told_when_it_has() -> None:
    process = Process()
    process.clients.enter(STREAM, "a", ANN)
    process.clients.put_back(process.clients.take(10))
    assert process.told() == []
    assert process.record() == [(STREAM, "a", ANN)]
    assert process.told() == [(JOIN, ANN)]


def test_a_client_that_left_before_anyone_heard_of_it_is_not_told_of() -> None:
    process = Process()
    process.clients.enter(STREAM, "a", ANN)
    process.clients.put_back(process.clients.take(10))
    process.clients.leave(STREAM, "a")
    # It may have arrived.
    assert process.record() == [(STREAM, "a", "")]
    assert process.told() == []


def test_a_process_that_was_counted_as_dead_tells_of_all_its_clients_again() -> None:
    process = Process()
    process.clients.enter(STREAM, "a", ANN)
    process.record()
    process.told()
    process.clients.forget()
    assert process.record() == [(STREAM, "a", ANN)]
    assert process.told() == [(JOIN, ANN)]


def test_what_is_restored_is_told_to_nobody() -> None:
    process = Process()
    process.clients.enter(STREAM, "a", ANN)
    process.record()
    process.told()
    assert process.clients.recorded() == [(STREAM, "a", ANN)]
    assert process.record() == []
    assert process.told() == []
