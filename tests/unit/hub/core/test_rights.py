"""Changes of rights, as processes tell each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.events import Announcement, decode_announcement, encode_announcement
from hub.core.rights import RightsChange, decode_rights, encode_rights
from hub.core.types import JSONObject
from tests.unit.hub.core.layer import carried

CHANGE = RightsChange(user_id=7, stream="chat:lobby")

changes = st.builds(RightsChange, st.none() | st.integers(1, 2**63 - 1), st.none() | st.text())


def test_a_change_is_encoded_as_documented() -> None:
    assert encode_rights(CHANGE) == {"type": "hub.rights", "v": 1, "user": 7, "stream": "chat:lobby"}


@given(changes)
def test_what_one_process_tells_is_what_another_one_hears(change: RightsChange) -> None:
    assert decode_rights(carried(encode_rights(change))) == change


@pytest.mark.parametrize("change", [{"v": 2}, {"v": None}, {"type": "hub.mark"}, {"type": None}])
def test_another_version_or_type_is_passed_over(change: JSONObject) -> None:
    assert decode_rights({**encode_rights(CHANGE), **change}) is None


def test_nothing_is_taken_for_the_message_of_another_kind() -> None:
    assert decode_rights(encode_announcement(Announcement("chat:lobby", "e1", 1))) is None
    assert decode_announcement(encode_rights(CHANGE)) is None
