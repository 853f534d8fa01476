"""`GET /health`: whether this process can do its work, part by part."""

import asyncio
from collections.abc import Awaitable

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hub.announce import doorbell
from hub.conf import conf
from hub.database import in_database
from hub.liveness import signs_of_life
from hub.runtime import get_dispatcher

#: Seconds that one part may take to answer.
PART_TIMEOUT = 2.0


@never_cache
@require_safe
async def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 when this process can do its work, else 503; either way with the state of each part.

    The worker is another process: the answer names it, and is 200 without it (`degraded`). Who takes a server process
    out of service for a 503 would take out all of them, and mend nothing.
    """
    names = ("database", "redis", "dispatcher", "worker")
    asked = (_database(), _redis(), _dispatcher(), _worker())
    parts = dict(zip(names, await asyncio.gather(*map(_state, asked)), strict=True))
    if any(parts[name] != "ok" for name in names if name != "worker"):
        return JsonResponse({"status": "unavailable", "parts": parts}, status=503)
    return JsonResponse({"status": "ok" if parts["worker"] == "ok" else "degraded", "parts": parts})


async def _state(part: Awaitable[str]) -> str:
    try:
        async with asyncio.timeout(PART_TIMEOUT):
            return await part
    except TimeoutError:
        return f"no answer within {PART_TIMEOUT:g} s"
    except Exception as error:
        # The kind of trouble helps whoever watches; its words may hold addresses and stay in the log.
        return f"unavailable ({type(error).__name__})"


async def _database() -> str:
    await in_database(_ask_database)
    return "ok"


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def _redis() -> str:
    await asyncio.get_running_loop().run_in_executor(None, doorbell().ping)
    return "ok"


async def _worker() -> str:
    done = await asyncio.get_running_loop().run_in_executor(None, signs_of_life().any)
    return "ok" if done else f"no task done within {conf.WORKER_PATIENCE:g} s"


async def _dispatcher() -> str:
    return "ok" if (await get_dispatcher()).healthy else "the channel layer is cut"
