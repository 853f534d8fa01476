"""The end of a connection that the other side hears of: in order, and in bounded time."""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import ISSLTransport


def end_in_order(transport: Any, call_later: Callable[..., Any], patience: float) -> Any:
    """Send what is left, and that no more will come; wait for the other side to do the same, then cut it off.

    To close at once would be a reset where the other side has sent something that was not read, and a reset takes
    from it what it was just told. Whatever it sends from now on must be read, and thrown away.

    Arguments:
        call_later: calls a function after so many seconds.
        patience: seconds for all that.
    Returns:
        The call that cuts it off, to be cancelled when the connection is gone.
    """
    stop_sending(transport)
    return call_later(patience, transport.abortConnection)


def stop_sending(transport: Any) -> None:
    """Send what is left, and that no more will come, and read on. Whoever calls it cuts the connection off later."""
    # While there is a producer, which may have more, nothing ends.
    transport.unregisterProducer()
    if ISSLTransport.providedBy(transport):
        # TLS has an end of its own, and no half of one.
        transport.loseConnection()
    else:
        transport.loseWriteConnection()
        transport.resumeProducing()
