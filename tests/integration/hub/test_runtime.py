"""What a process tells on behalf of its connections."""

import pytest
from pytest_django import Settings

from hub.core.clients import encode_entry
from hub.core.comings import Told
from hub.core.events import Announcement
from hub.core.publications import JOIN
from hub.runtime import tell_of_clients


def test_of_a_client_that_cannot_be_told_of_nobody_hears_and_of_the_others_everybody(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[Announcement] = []
    monkeypatch.setattr("hub.announce.send_all", announced.extend)
    settings.HUBBUB_MAX_EVENT_SIZE = 200
    infos = {name: {"user": name, "client": name} for name in ("ann", "ben", "cat")}
    infos["ben"]["conn_info"] = "x" * 200
    tell_of_clients([Told("t:a", JOIN, encode_entry(info, True)) for info in infos.values()])
    assert ["ann" in event.data or "cat" in event.data for one in announced for event in one.events] == [True, True]
