"""Namespaces declared in settings rather than written as classes, with the options and defaults of Centrifugo."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User

from hub.centrifugo_config import duration
from hub.conf import conf
from hub.core.streams import StreamName
from hub.namespaces.namespace import Namespace
from hub.namespaces.options import problems as option_problems
from hub.namespaces.registry import NamespaceRegistry

_NAME = re.compile(r"[-a-zA-Z0-9_.]*")


class DeclaredNamespace(Namespace):
    """A plain namespace: its options alone say who may do what, and nothing is on that is not asked for."""

    prefix = ""
    private_channels = True
    history = False
    allow_positioning = False
    force_positioning = False
    allow_recovery = False
    force_recovery = False

    def can_see_presence(self, user: User, stream: StreamName) -> bool:
        """Return False: the options decide."""
        return False

    def can_read_history(self, user: User, stream: StreamName) -> bool:
        """Return False: the options decide."""
        return False

    def is_open(self) -> bool:
        """Say whether the site lets everybody do everything (`HUBBUB_INSECURE`)."""
        return bool(conf.INSECURE)


def problems(declared: Any) -> Iterable[tuple[str, str]]:
    """Yield what is wrong with declarations: which place of the list, and the words for it.

    Arguments:
        declared: what `HUBBUB_NAMESPACES` holds: a list of objects of options, each with its `name`.
    """
    if not isinstance(declared, list | tuple):
        yield "", f"expected a list of objects, got {declared!r:.80}"
        return
    seen: set[str] = set()
    for place, entry in enumerate(declared):
        name = entry.get("name", "") if isinstance(entry, Mapping) else None
        if not isinstance(entry, Mapping) or not isinstance(name, str) or not _NAME.fullmatch(name):
            yield str(place), f"expected an object with a name of letters, digits and -_., got {entry!r:.80}"
            continue
        label = name or "the one without a name"
        if name in seen:
            yield label, "there are two of this name"
        seen.add(name)
        for option, words in option_problems(_options(entry)):
            yield f"{label}, {option}", words


def declare(declared: Sequence[Mapping[str, Any]], registry: NamespaceRegistry) -> None:
    """Register what is declared, where nothing is wrong with it (`hub.E004`) and no class has the name already."""
    for entry in declared if not list(problems(declared)) else ():
        namespace = namespace_of(entry)
        if registry.find(namespace.prefix, namespace.separator) is None:
            registry.register(namespace)


def namespace_of(entry: Mapping[str, Any]) -> DeclaredNamespace:
    """Return the namespace that an object of options declares, one with nothing wrong with it."""
    name = entry.get("name", "")
    options = _options(entry)
    if "history" not in options:
        options["history"] = bool(options.get("history_size") or options.get("history_ttl"))
    members = {
        **options,
        "prefix": name,
        "separator": ":" if name else "",
        "__doc__": f"Declared in settings: {name!r}.",
    }
    kind: type[DeclaredNamespace] = type("Declared", (DeclaredNamespace,), members)
    return kind()


def seconds(value: Any) -> Any:
    """Return a time as seconds, where it is a text like `1h30m` or `500ms`, as Centrifugo writes it; else as it is."""
    found = duration(value)
    return value if found is None else found


def _options(entry: Mapping[str, Any]) -> dict[str, Any]:
    options = {name: value for name, value in entry.items() if name != "name"}
    if "history_ttl" in options:
        options["history_ttl"] = seconds(options["history_ttl"])
    return options
