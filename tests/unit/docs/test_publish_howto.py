"""What the how-to shows of the shop is what the shop does."""

import re

import pytest

from hub.conf import BASE_DIR

PAGE = BASE_DIR / "docs" / "howto" / "publish-from-your-models.md"

#: (file, lines) of each block of code that begins by naming its file.
EXCERPTS = re.findall(r"^```python\n# (examples/\S+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("path", "lines"), EXCERPTS)
def test_an_excerpt_stands_in_its_file(path: str, lines: str) -> None:
    assert lines in (BASE_DIR / path).read_text()


def test_there_are_excerpts() -> None:
    assert len(EXCERPTS) >= 6
