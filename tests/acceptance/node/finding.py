"""Finding Node: the machine's, else that of the virtual environment, as `scripts/npm.sh` does."""

import shutil
from pathlib import Path

from tests import servers
from tests.programs import installed
from tests.servers import ROOT

#: Node 20 has WebSocket and EventSource, but not unless asked for.
FLAGS = ("--no-warnings", "--experimental-websocket", "--experimental-eventsource")


def node() -> str:
    """Return the path of Node; the test is left out where there is none, or no npm package `centrifuge`."""
    if not (ROOT / "web/node_modules/centrifuge").exists():
        servers.missing("the npm package centrifuge")
    path = shutil.which("node") or installed("node")
    if not Path(path).exists():
        servers.missing("node")
    return path
