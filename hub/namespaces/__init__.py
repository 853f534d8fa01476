"""Namespaces: who may read and write the streams of one prefix, and which commands there are.

Applications register theirs when they are ready; the engine knows no application.
"""

from hub.core.streams import StreamName
from hub.log import Draft
from hub.namespaces.asking import Asked, ask_each
from hub.namespaces.base import BaseNamespace, Caller, command
from hub.namespaces.namespace import Namespace
from hub.namespaces.registry import NamespaceRegistry, may_read, namespaces
from hub.namespaces.rights import publishers

__all__ = [
    "Asked",
    "BaseNamespace",
    "Caller",
    "Draft",
    "Namespace",
    "NamespaceRegistry",
    "StreamName",
    "ask_each",
    "command",
    "may_read",
    "namespaces",
    "publishers",
]
