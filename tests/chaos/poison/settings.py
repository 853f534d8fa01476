"""The hub's settings with poisonous tasks besides, and with a shorter way to being moved aside."""

from hub.settings import *  # noqa: F403
from hub.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.poison"]
HUBBUB_TASK_BACKOFF = 1.0
HUBBUB_TASK_LEASE = 6.0
