"""Faults of the network, made by proxies: links that go silent, and a thousand that end at once."""

import asyncio

import psutil

from tests.chaos.proxy import FaultProxy
from tests.chaos.scene import Scene, Unhealed, is_deaf, until

#: Seconds in which a hub has to notice that its links to Redis are dead.
REDIS_NOTICED = 15.0
#: Seconds in which the hub has to let go of clients that are not there any more, and clients of the hub.
CLIENTS_NOTICED = 35.0


async def silence_redis(scene: Scene) -> str:
    """Let nothing pass on the links to Redis that there are, and tell nobody; new ones work."""
    proxy = _proxy(scene.redis_proxy)
    silenced = proxy.go_silent()
    began = asyncio.get_running_loop().time()
    # First it has to be noticed, then it is over.
    await until(lambda: is_deaf(scene.hub.url), "the hub to notice that it hears nothing", seconds=REDIS_NOTICED)
    await scene.healed()
    seconds = asyncio.get_running_loop().time() - began
    await scene.worker_works("after the links to Redis were silent")
    if seconds > REDIS_NOTICED:
        raise Unhealed(f"expected new links to Redis within {REDIS_NOTICED:g} s, they took {seconds:.1f} s")
    return f"{silenced} links silent, well again after {seconds:.1f} s"


async def silence_clients(scene: Scene) -> str:
    """Let nothing pass on the clients' links that there are, and tell nobody; new ones work."""
    proxy = _proxy(scene.client_proxy)
    silenced = proxy.go_silent()
    port = int(scene.hub.url.rsplit(":", 1)[1])
    before = set(_peers(scene, port))

    def gone() -> bool:
        return not before & set(_peers(scene, port))

    began = asyncio.get_running_loop().time()
    await until(gone, "the hub to let go of silent clients", seconds=CLIENTS_NOTICED + 5)
    seconds = asyncio.get_running_loop().time() - began
    if seconds > CLIENTS_NOTICED:
        raise Unhealed(f"expected silent clients to be let go within {CLIENTS_NOTICED:g} s, it took {seconds:.1f} s")
    return f"{silenced} links silent, let go within {seconds:.0f} s"


async def storm(scene: Scene) -> str:
    """Reset the connections of all clients at once."""
    proxy = _proxy(scene.client_proxy)
    for _ in range(2):
        cut = proxy.reset()
        began = asyncio.get_running_loop().time()
        await until(lambda: proxy.connections >= cut * 0.99, "the clients to be back")  # noqa: B023
        seconds = asyncio.get_running_loop().time() - began
        await asyncio.sleep(3)
    return f"{cut} links cut twice, 99 of 100 connected again after {seconds:.1f} s"


def _proxy(proxy: FaultProxy | None) -> FaultProxy:
    if proxy is None:
        raise TypeError("this fault needs a proxy, and its row does not ask for one")
    return proxy


def _peers(scene: Scene, port: int) -> list[tuple[str, int]]:
    """Return the addresses of all clients that the hub has a connection with."""
    found = [connection for process in scene.web() for connection in process.net_connections(kind="tcp")]
    open_ones = [one for one in found if one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port]
    return [(one.raddr.ip, one.raddr.port) for one in open_ones]
