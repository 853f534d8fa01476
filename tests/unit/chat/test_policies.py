"""Who may do what in the chat."""

import pytest
from django.contrib.auth.models import User

from chat import policies
from chat.errors import RoomClosed
from chat.models import Message, Room

OWNER, MEMBER, NOBODY = "owner", "member", None

# active, private, role -> may read, may manage
TABLE = [
    (True, False, NOBODY, True, False),
    (True, False, MEMBER, True, False),
    (True, False, OWNER, True, True),
    (True, True, NOBODY, False, False),
    (True, True, MEMBER, True, False),
    (True, True, OWNER, True, True),
    (False, False, NOBODY, False, False),
    (False, False, OWNER, False, False),
    (False, True, MEMBER, False, False),
    (False, True, OWNER, False, False),
]


@pytest.mark.parametrize(("active", "private", "role", "reads", "manages"), TABLE)
def test_rights_in_a_room_follow_the_table(
    active: bool, private: bool, role: policies.Role, reads: bool, manages: bool
) -> None:
    user, room = User(pk=1, is_active=active), Room(is_private=private)
    assert policies.can_read(user, room, role) is reads
    assert policies.can_post(user, room, role) is reads
    assert policies.can_manage(user, room, role) is manages


@pytest.mark.parametrize(
    ("author", "role", "edits", "deletes"),
    [
        (1, MEMBER, True, True),
        (1, OWNER, True, True),
        (2, MEMBER, False, False),
        (2, OWNER, False, True),
        (None, MEMBER, False, False),
        (None, OWNER, False, True),
        (1, NOBODY, False, False),
    ],
)
def test_rights_on_a_message_of_a_private_room_follow_the_table(
    author: int | None, role: policies.Role, edits: bool, deletes: bool
) -> None:
    user, message = User(pk=1), Message(room=Room(is_private=True), author_id=author)
    assert policies.can_edit(user, message, role) is edits
    assert policies.can_delete(user, message, role) is deletes


def test_a_closed_room_can_not_be_written_to() -> None:
    policies.check_open(Room(is_closed=False))
    with pytest.raises(RoomClosed, match="room is closed"):
        policies.check_open(Room(is_closed=True))
