"""Who may do what with notifications."""

import pytest
from django.contrib.auth.models import User

from notifications import policies


@pytest.mark.parametrize(
    ("active", "user", "owner", "reads"), [(True, 1, 1, True), (True, 1, 2, False), (False, 1, 1, False)]
)
def test_an_inbox_is_its_users_alone(active: bool, user: int, owner: int, reads: bool) -> None:
    assert policies.can_read(User(pk=user, is_active=active), owner) is reads


@pytest.mark.parametrize(("active", "staff", "may"), [(True, True, True), (True, False, False), (False, True, False)])
def test_active_staff_may_notify_others(active: bool, staff: bool, may: bool) -> None:
    assert policies.can_notify(User(is_active=active, is_staff=staff)) is may


def test_a_kind_is_muted_as_a_whole_word() -> None:
    assert policies.is_muted("alert", ["alert"])
    assert not policies.is_muted("alert", ["alerts", "mention"])
