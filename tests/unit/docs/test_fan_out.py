"""The numbers in the essay on fan-out are those of the code."""

import re

import pytest

from hub import announce, batching, commands, consumers, deliver
from hub.conf import conf
from hub.dispatch import link
from hub.server import flow, serving
from notifications import services
from tests.unit.docs.pages import read

PAGE = " ".join(read("docs/why/fan-out.md").split())


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (deliver.MAX_WRITE / 1024, "At most {} KiB are joined (`MAX_WRITE`)"),
        (commands.LOCK_TIMEOUT / 1000, "a lock that is not to be had in {} seconds"),
        (consumers.PIPELINED, "A connection may have {} commands under way"),
        (services.CHUNK, "each of {} users is told something by `notify_many`"),
        (announce.BUNDLE_FROM, "From {} streams on they go as one **bundle**"),
        (conf.ANNOUNCEMENT_LIMIT / 1024, "more than {} KiB together (`HUBBUB_ANNOUNCEMENT_LIMIT`)"),
        (batching.MOST, "Up to {} share a few queries"),
        (link.SUBSCRIBE_AT_ONCE, "one mark through Redis proves up to {} subscriptions"),
        (flow.UNSENT_LIMIT / 1024, "| {} KiB | `UNSENT_LIMIT` in `hub/server/flow.py` |"),
        (deliver.MAX_WRITE / 1024, "and the write that went beyond: {} KiB, or one event"),
        (conf.OUTBOX_LIMIT / 1024, "`HUBBUB_OUTBOX_LIMIT`: {} KiB, or one event"),
        (deliver.MAX_REPLIES, "| replies that wait | {}, then"),
        (consumers.PIPELINED, "| commands under way | {}, and"),
        (serving.INBOX_LIMIT, "and {} messages that wait for them"),
        (serving.INBOX_BYTES / 1024, "(or {} KiB); then no more is read"),
        (conf.PAGE_BYTES / 1024, "`HUBBUB_PAGE_BYTES`: {} KiB, or one event"),
        (batching.MAX_WAITING, "{} questions of each kind"),
    ],
)
def test_a_number_is_that_of_the_code(number: float, words: str) -> None:
    before, _, after = words.partition("{}")
    told = re.search(rf"{re.escape(before)}([\d,]+|two){re.escape(after)}", PAGE)
    assert told, words
    assert {"two": 2}.get(told[1]) or int(told[1].replace(",", "")) == number
