"""The how-to of moving from Centrifugo names all options that are read, and what they become."""

import re

from hub.centrifugo_config import _RULES, TRANSPORTS
from tests.unit.docs.pages import read, rows, section

ROWS = list(rows(section(read("docs/howto/move-from-centrifugo.md"), "What is read")))
#: The option of a row that stands for several -> the settings that it becomes.
TOLD = {option: row[1] for row in ROWS for option in re.findall(r"`([^`]+)`", row[0])}


def test_every_option_that_is_read_is_on_the_page_with_its_setting() -> None:
    for path, rule in _RULES.items():
        group = re.sub(r"^(client\.(?:subscription_)?token)\..*", r"\1.*", path)
        group = re.sub(r"^(client\.subscribe_to_user_personal_channel)\..*", r"\1", group)
        assert group in TOLD, path
        name = rule.setting.replace("HUBBUB_API_KEY", "HUBBUB_HTTP_API_KEY")
        shown = re.findall(r"`(HUBBUB_[A-Z_]+\*?)`", TOLD[group])
        assert any(re.fullmatch(one.replace("*", ".*"), name) for one in shown), name


def test_every_transport_is_on_the_page() -> None:
    [row] = [row for row in ROWS if "HUBBUB_TRANSPORTS" in row[1]]
    assert all(f"`{name}`" in row[0] or f"`{name}.disabled`" in row[0] for name in TRANSPORTS)
