"""What a scenario comes to: rows of figures. No input or output here."""

from dataclasses import asdict, dataclass, field
from typing import Any

MESSAGES, DELIVERIES, FRAMES = "messages/s", "deliveries/s", "frames/s"
P50, P99 = "p50 ms", "p99 ms"
SERVER, LOAD = "server CPU %", "load CPU %"
MEMORY = "bytes a connection"


@dataclass
class Row:
    """One thing that was measured."""

    #: Names it for goals and ratios, e.g. `fanout live 1000 4`.
    key: str
    #: Names it for people.
    title: str
    #: By name; those above, or others.
    figures: dict[str, float] = field(default_factory=dict)
    #: What makes the figures worthless, in sentences.
    problems: list[str] = field(default_factory=list)
    #: Why there are no figures, in a sentence.
    not_measured: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it has figures, and they can be relied on."""
        return bool(self.figures) and not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)
