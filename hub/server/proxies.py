"""Proxy headers, believed from trusted hops only.

`X-Forwarded-For` grows to the right: each proxy appends whom it heard. A client may send the left part itself, so
the client is the rightmost address that is not a trusted proxy.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def parse_networks(text: str) -> list[Network]:
    """Read a comma-separated list of addresses and networks, e.g. `127.0.0.1,10.0.0.0/8`.

    Raises:
        ValueError: one of them is neither.
    """
    return [ip_network(item.strip(), strict=False) for item in text.split(",") if item.strip()]


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Say whether an address belongs to a trusted proxy. What is no address never does."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def client_of(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the address of the client.

    Arguments:
        peer: the address that the connection comes from.
        forwarded_for: the values of all `X-Forwarded-For` headers, in order.
        trusted: the proxies that are believed.
    Returns:
        The peer itself when it is no trusted proxy; else the rightmost address that is none. What is no address ends
        the search: the hop before it wrote something that cannot be believed.
    """
    client = peer
    hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
    for hop in reversed(hops):
        if not is_trusted(client, trusted):
            break
        try:
            ip_address(hop)
        except ValueError:
            break
        client = hop
    return client


def scheme_of(peer: str, forwarded_proto: Sequence[str], trusted: Sequence[Network], own: str) -> str:
    """Return `http` or `https`: what the last trusted proxy says it was spoken to in, else `own`."""
    if not forwarded_proto or not is_trusted(peer, trusted):
        return own
    said = forwarded_proto[-1].split(",")[-1].strip().lower()
    return said if said in {"http", "https"} else own
