"""Dispatching: taking announcements, keeping order, mending gaps from the log. Only this receives from the layer."""

from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.joining import Joined
from hub.dispatch.link import LayerLink
from hub.dispatch.stream import StreamReset

__all__ = ["Dispatcher", "Joined", "LayerLink", "StreamReset"]
