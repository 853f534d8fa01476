"""Connects: full handshake, authentication, rights and subscription, as fast as it goes, until the hello is there."""

from collections.abc import Callable, Iterator, Mapping

from tests.benchmarks.client.frames import request, stream_path
from tests.benchmarks.client.opening import Plan
from tests.benchmarks.client.readers import Reader
from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.goals import Goal
from tests.benchmarks.measured import Usage
from tests.benchmarks.rows import LOAD, SERVER, Row
from tests.benchmarks.scenario import Options, Scenario, told
from tests.benchmarks.servers import RunningServer
from tests.benchmarks.site.seed import EVERYONE
from tests.benchmarks.world import Site, World

CONNECTIONS = 3_000
#: Connections that are made before, so that what the first of all takes is not measured.
FIRST = 20
RATE = "connects/s"
PATH = stream_path(f"logged:{EVERYONE}.connects")


def by_token(site: Site, server: RunningServer, user: int) -> Mapping[str, str]:
    """Return the headers of a program."""
    return {"Authorization": f"Bearer {site.tokens[user]}"}


def by_session(site: Site, server: RunningServer, user: int) -> Mapping[str, str]:
    """Return the headers of a browser."""
    return {"Cookie": f"sessionid={site.sessions[user]}", "Origin": f"http://{server.host}"}


WAYS: Mapping[str, Callable[[Site, RunningServer, int], Mapping[str, str]]] = {
    "a token": by_token,
    "a session cookie": by_session,
}


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure each way to come in."""
    for name, headers in WAYS.items():
        row = Row(f"connects {name}", f"{CONNECTIONS:,} connects by {name}, SQLite")
        with told(row), world.hub() as server, Swarm(server.address) as swarm:
            site = world.site("sqlite")
            plans = [
                Plan(request(server.host, PATH, headers(site, server, user)), Reader(0, user))
                for user in range(CONNECTIONS + FIRST)
            ]
            swarm.open(plans[:FIRST])
            own = Usage.own()
            before, own_before = server.usage.now(), own.now()
            took = swarm.open(plans[FIRST:])
            row.figures = {
                RATE: CONNECTIONS / took,
                SERVER: (server.usage.now() - before).share,
                LOAD: (own.now() - own_before).share,
            }
        yield row


_GOAL = [Goal("≥ 1,200/s", RATE, least=1_200)]
CONNECTS = Scenario(run, {f"connects {name}": _GOAL for name in WAYS}, {})
