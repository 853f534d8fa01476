"""Who may touch the rows of events: the log alone writes them."""

import ast

from hub.conf import BASE_DIR

APPS = ("hub", "chat", "notifications", "examples")
#: The admin site shows them, and lets nobody change them.
READERS = {"hub/admin.py"}


def test_only_the_log_knows_the_rows_of_events() -> None:
    found = set()
    for path in (path for app in APPS for path in (BASE_DIR / app).rglob("*.py")):
        tree = ast.parse(path.read_text())
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "hub.models"]
        texts = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        if any(name.name == "Event" for node in imports for name in node.names) or any("hub_event" in t for t in texts):
            found.add(str(path.relative_to(BASE_DIR)))
    assert {name for name in found if not name.startswith(("hub/log/", "hub/migrations/", "hub/models.py"))} == READERS
