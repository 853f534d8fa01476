"""The way that messages between processes take: what goes into the channel layer, and what comes out of it."""

from channels_redis.pubsub import RedisPubSubChannelLayer

from hub.core.types import JSONObject

# Never connected: only its serializer is used, so that there is no Redis at the address.
_layer = RedisPubSubChannelLayer(hosts=["unix:///nowhere"])


def carried(message: JSONObject) -> JSONObject:
    """Return a message as another process receives it."""
    received: JSONObject = _layer.deserialize(_layer.serialize(message))
    return received
