"""Transactions that publish, as data: what tests invent, threads and processes carry out, and a checker understands."""

import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import OperationalError, connection, transaction

from hub.publish import Draft, hold_streams, publish, publish_many, publish_to_many

#: What a transaction does, in JSON, one list for each step:
#: ["publish", stream, key or null], ["many", stream, count], ["each", list of [stream, key or null]] (published to many
#: streams at once), ["savepoint", steps, "keep" or "undo"],
#: ["hook", "robust" or "plain"] (a commit hook that fails), ["hold", streams], ["meet", function] (called, in threads).
Step = list[Any]
#: ["commit" or "undo", steps]
Transaction = list[Any]


@dataclass
class Written:
    """A publish that its transaction keeps: what it was asked for, and what it returned."""

    stream: str
    tag: str
    key: str | None
    epoch: str
    offset: int
    repeated: bool


@dataclass
class Outcome:
    """What became of a transaction."""

    #: "committed", "undone", or "refused" by the database, which broke it off.
    verdict: str
    #: What it has published and not undone.
    written: list[Written] = field(default_factory=list)
    #: Steady seconds, the same in all processes of a machine.
    began: float = 0.0
    ended: float = 0.0


class Undo(Exception):
    """Rolls back a transaction or a savepoint."""


class HookFailed(Exception):
    """A commit hook fails; the transaction is committed all the same."""


def carry_out(transactions: Iterable[Transaction], name: str) -> list[Outcome]:
    """Carry out transactions one after another.

    Arguments:
        name: of who does it; tags of events begin with it.
    """
    return [_carry_out_one(ending, steps, f"{name}.{number}") for number, (ending, steps) in enumerate(transactions)]


def _carry_out_one(ending: str, steps: list[Step], name: str) -> Outcome:
    outcome = Outcome("committed", began=time.monotonic())
    try:
        with transaction.atomic():
            outcome.written = _take_steps(steps, name)
            if ending == "undo":
                raise Undo
    except HookFailed:
        # Raised after the commit.
        pass
    except Undo:
        outcome.verdict = "undone"
    except OperationalError:
        outcome.verdict = "refused"
    outcome.ended = time.monotonic()
    return outcome


def _take_steps(steps: list[Step], name: str) -> list[Written]:
    written: list[Written] = []
    for number, (kind, *arguments) in enumerate(steps):
        tag = f"{name}.{number}"
        if kind == "publish":
            stream, key = arguments
            published = publish(stream, "tagged", {"tag": tag}, key=key)
            written.append(Written(stream, tag, key, published.epoch, published.offset, published.repeated))
        elif kind == "many":
            stream, count = arguments
            written += _publish_many(stream, count, tag)
        elif kind == "each":
            written += _publish_to_many(arguments[0], tag)
        elif kind == "savepoint":
            inner, ending = arguments
            written += _take_savepoint(inner, ending, tag)
        elif kind == "hold":
            hold_streams(*arguments[0])
        elif kind == "meet":
            arguments[0]()
        elif kind == "hook":
            transaction.on_commit(_fail, robust=arguments[0] == "robust")
    return written


def _publish_many(stream: str, count: int, tag: str) -> list[Written]:
    tags = [f"{tag}.{number}" for number in range(count)]
    published = publish_many(stream, [Draft("tagged", {"tag": one}) for one in tags])
    return [
        Written(stream, one, None, place.epoch, place.offset, place.repeated)
        for one, place in zip(tags, published, strict=True)
    ]


def _publish_to_many(places: list[tuple[str, str | None]], tag: str) -> list[Written]:
    asked: dict[str, list[tuple[str, str | None]]] = {}
    for number, (stream, key) in enumerate(places):
        asked.setdefault(stream, []).append((f"{tag}.{number}", key))
    batch = {stream: [Draft("tagged", {"tag": one}, key) for one, key in drafts] for stream, drafts in asked.items()}
    published = publish_to_many(batch)
    return [
        Written(stream, one, key, place.epoch, place.offset, place.repeated)
        for stream, drafts in asked.items()
        for (one, key), place in zip(drafts, published[stream], strict=True)
    ]


def _take_savepoint(steps: list[Step], ending: str, name: str) -> list[Written]:
    try:
        with transaction.atomic():
            written = _take_steps(steps, name)
            if ending == "undo":
                raise Undo
            return written
    except Undo:
        return []


def _fail() -> None:
    raise HookFailed


def outcome_from(data: dict[str, Any]) -> Outcome:
    """Make an outcome of what another process has printed."""
    return Outcome(**data | {"written": [Written(**one) for one in data["written"]]})


def serve(database: str) -> None:
    """Carry out what comes on standard input, lines of `[name, transactions]`, and print the outcomes, or what failed.

    Arguments:
        database: name of the database, since the tests have one beside that of the settings.
    """
    connection.settings_dict["NAME"] = database
    for line in sys.stdin:
        name, transactions = json.loads(line)
        try:
            answer: object = [asdict(outcome) for outcome in carry_out(transactions, name)]
        except Exception as error:
            # For the test to fail by; the process is needed for other examples.
            answer = repr(error)
        print(json.dumps(answer), flush=True)
