"""The newer version of row F27 can be made of the code as it is."""

import pytest

from tests.chaos.versions import CHANGES
from tests.servers import ROOT


@pytest.mark.parametrize(("name", "before"), [(name, before) for name, before, _ in CHANGES])
def test_what_the_newer_version_changes_is_there(name: str, before: str) -> None:
    assert before in (ROOT / name).read_text(encoding="utf-8")
