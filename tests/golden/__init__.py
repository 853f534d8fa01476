"""Messages as they look on the wire, for every test that reads or writes them."""

import json
from pathlib import Path
from typing import Any

#: The messages of the Centrifugo client protocol: `commands`, `replies`, `errors`, `pushes` and `publications`.
CENTRIFUGO: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "centrifugo.json").read_text(encoding="utf-8")
)
