"""The one listening socket that all server processes share."""

import contextlib
import errno
import ipaddress
import os
import socket

from hub.supervisor.refusal import ExitCode, StartRefused

#: Connections that may wait to be accepted: as many as the kernel allows, for the storm after a restart.
_BACKLOG = 4096


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host` and `port` (0: any free one), ready to be inherited.

    Raises:
        StartRefused: the address is taken, unknown, or not allowed.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise StartRefused(ExitCode.ADDRESS, f"The host {host!r} is not known: {error.strerror}.") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StartRefused(ExitCode.ADDRESS, _reason(error, host, port)) from error
    # Several processes wait on it: one that was woken for a connection another one took must not block.
    listener.setblocking(False)
    return listener


def _reason(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} on {host} is already in use. Stop what uses it, or choose another one by --port."
        case errno.EACCES:
            return f"Port {port} is not allowed for this user. Choose one of 1024 or above by --port."
        case errno.EADDRNOTAVAIL:
            return f"{host} is no address of this machine. Choose another one by --host."
    return f"{host}:{port} cannot be listened on: {os.strerror(error.errno or 0)}."


def local_address(listener: socket.socket) -> tuple[str, int]:
    """Return the host and port at which this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "::1" if listener.family == socket.AF_INET6 else "127.0.0.1"
    return host, port


def url(host: str, port: int) -> str:
    """Return the address of the site for a browser."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches `host`; all its addresses count. False when the name is unknown."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return False
    return all(ipaddress.ip_address(entry[4][0]).is_loopback for entry in found)
