"""The clients of a process by stream, and what of their coming and going is recorded and told: the pure part."""

import json
from collections import Counter
from typing import NamedTuple

from hub.core.comings import Comings
from hub.core.json import encode_json
from hub.core.ledger import Ledger
from hub.core.types import JSONObject

#: Stream and client id.
Key = tuple[str, str]


class ClientEntry(NamedTuple):
    """What is recorded of a client that reads a stream."""

    stream: str
    #: The id of the connection.
    client: str
    #: What `encode_entry` returns; empty where it has left.
    text: str


def encode_entry(info: JSONObject, told: bool) -> str:
    """Return what is recorded of a client.

    Arguments:
        info: its ClientInfo (protocol, section 2).
        told: whether readers are told when it comes and goes.
    Returns:
        `1` or `0`, the user's id as JSON text, a line feed (which no JSON text holds), and the info as JSON text.
    Raises:
        BadRequest: the info is no JSON.
    """
    return f"{int(told)}{encode_json(info['user'])}\n{encode_json(info)}"


def info_of(text: str) -> JSONObject:
    """Return the ClientInfo of an entry."""
    info: JSONObject = json.loads(text.partition("\n")[2])
    return info


def is_told(text: str) -> bool:
    """Say whether readers are told when the client of an entry comes and goes."""
    return text[0] == "1"


class Clients:
    """The clients of one process.

    Arguments:
        comings: takes in what is to be told.
    """

    def __init__(self, comings: Comings) -> None:
        self._entries: Ledger[Key, str] = Ledger("")
        self._comings = comings
        #: Entries of those whose coming was told, or is going to be.
        self._told: dict[Key, str] = {}
        self._by_stream: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    def count(self, stream: str) -> int:
        """Return how many of them read a stream."""
        return self._by_stream[stream]

    def enter(self, stream: str, client: str, text: str) -> None:
        """Note a client, or what is new of it.

        Arguments:
            text: its entry.
        """
        if not self._entries.get((stream, client)):
            self._by_stream[stream] += 1
        self._entries.put((stream, client), text)

    def leave(self, stream: str, client: str) -> None:
        """Note that a client has left; one that is not known is none too many."""
        if not self._entries.get((stream, client)):
            return
        self._entries.put((stream, client), "")
        self._by_stream[stream] -= 1
        if not self._by_stream[stream]:
            del self._by_stream[stream]

    def take(self, limit: int) -> list[ClientEntry]:
        """Hand over up to `limit` entries to be recorded; `confirm` or `put_back` follows."""
        return [ClientEntry(*key, text) for key, text in self._entries.take(limit)]

    def confirm(self, entries: list[ClientEntry]) -> None:
        """Remember that entries are recorded, and have it told who has come and gone."""
        self._entries.confirm(((entry.stream, entry.client), entry.text) for entry in entries)
        for entry in entries:
            self._note_told((entry.stream, entry.client), entry.text)

    def put_back(self, entries: list[ClientEntry]) -> None:
        """Have entries recorded again: nobody knows whether they were."""
        self._entries.put_back(((entry.stream, entry.client), entry.text) for entry in entries)

    def recorded(self) -> list[ClientEntry]:
        """Return what is recorded, as far as is known."""
        return [ClientEntry(*key, text) for key, text in self._entries.recorded()]

    def forget(self) -> None:
        """Have everything recorded anew, and told anew: others have told that all have left."""
        self._entries.forget()
        self._told.clear()

    def _note_told(self, key: Key, text: str) -> None:
        stream, client = key
        if not text:
            if (before := self._told.pop(key, "")) != "":
                self._comings.left(stream, client, before)
        elif is_told(text):
            if key not in self._told:
                self._comings.joined(stream, client, text)
            self._told[key] = text
