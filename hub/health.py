"""`GET /health`: whether this process can do its work, part by part."""

import asyncio
from collections.abc import Awaitable

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hub.announce import doorbell
from hub.database import in_database
from hub.runtime import get_dispatcher

#: Seconds that one part may take to answer.
PART_TIMEOUT = 2.0


@never_cache
@require_safe
async def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every part is ready, else 503; either way with the state of each part."""
    names = ("database", "redis", "dispatcher")
    states = await asyncio.gather(_state(_database()), _state(_redis()), _state(_dispatcher()))
    parts = dict(zip(names, states, strict=True))
    ready = all(state == "ok" for state in states)
    return JsonResponse({"status": "ok" if ready else "unavailable", "parts": parts}, status=200 if ready else 503)


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


async def _dispatcher() -> str:
    return "ok" if (await get_dispatcher()).healthy else "the channel layer is cut"
