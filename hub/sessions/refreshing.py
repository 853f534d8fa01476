"""The command `sub_refresh`: a subscription goes on, by another token of it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from hub.core.codes import CloseCode
from hub.core.errors import BadRequest, Expired, PermissionDenied, TokenExpired
from hub.core.protocol import Command, Disconnect
from hub.core.types import JSONObject
from hub.sessions.times import steady, time_left
from hub.tokens import stream_of, verify_subscription

if TYPE_CHECKING:
    from hub.sessions.session import Session


async def refresh_subscription(session: "Session", command: Command) -> JSONObject:
    """Carry out the command `sub_refresh` (section 4).

    Raises:
        PermissionDenied: there is no such subscription.
        BadRequest: there is no token.
        Expired: the token's time has passed.
        Disconnect: no stream is named, the subscription does not end by a token's time, or the token is invalid.
    """
    token = command.request.get("token", "")
    # A client that is much used names the stream in the token alone.
    stream = command.request.get("channel") or stream_of(token)
    session.state.check_subscription(stream)
    if not token:
        raise BadRequest("expected a token, got none")
    session.state.check_refreshable(stream)
    try:
        grant = await verify_subscription(token, user=session.user_id, client=session.client, stream=stream)
    except TokenExpired as error:
        raise Expired from error
    except PermissionDenied as error:
        raise Disconnect(CloseCode.INVALID_TOKEN) from error
    subscription = session.subscriptions.find(stream)
    if subscription is not None and subscription.grant is not None:
        subscription.grant = replace(subscription.grant, expires_at=grant.expires_at)
        session.state.subscription_refreshed(stream, steady(grant.expires_at), refreshable=grant.expires_at is not None)
        session.wake_in_time()
    return time_left(grant.expires_at)
