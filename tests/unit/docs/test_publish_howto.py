"""What the how-to shows of the shop is what the shop does."""

import re

import pytest
from django.contrib.auth.models import User

from hub.conf import BASE_DIR
from notifications.models import Notification
from notifications.services import Told
from tests.unit.docs.pages import blocks, section

PAGE = BASE_DIR / "docs" / "howto" / "publish-from-your-models.md"

#: (file, lines) of each block of code that begins by naming its file.
EXCERPTS = re.findall(r"^```python\n# (examples/\S+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("path", "lines"), EXCERPTS)
def test_an_excerpt_stands_in_its_file(path: str, lines: str) -> None:
    assert lines in (BASE_DIR / path).read_text()


def test_there_are_excerpts() -> None:
    assert len(EXCERPTS) >= 6


@pytest.mark.django_db
def test_the_code_for_many_users_tells_each_of_them_once() -> None:
    for name in ("ann", "bob"):
        User.objects.create(username=name)
    User.objects.create(username="eve", is_active=False)
    [code] = blocks(section(PAGE.read_text(encoding="utf-8"), "Tell many users"), "python")
    for is_new in (True, False):
        names: dict[str, list[object]] = {}
        exec(compile(code, PAGE.name, "exec"), names)
        assert names["told"] == [Told(row.pk, created=is_new) for row in Notification.objects.order_by("pk")]
    assert sorted(row.title for row in Notification.objects.all()) == [
        "ann, the shop is closed on Monday",
        "bob, the shop is closed on Monday",
    ]
