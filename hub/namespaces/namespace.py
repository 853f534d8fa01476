"""The class that applications subclass: a namespace with the commands that all have."""

from hub.core.errors import BadRequest
from hub.core.types import JSONObject
from hub.drafts import draft_from
from hub.log import Draft
from hub.namespaces.asking import ask_each
from hub.namespaces.base import BaseNamespace, Caller, command
from hub.namespaces.registry import namespaces
from hub.namespaces.rights import publishers
from hub.presence import people
from hub.publish import publish_ephemeral, publish_many


class Namespace(BaseNamespace):
    """What holds for all streams of one prefix. Subclass it and register an instance in `AppConfig.ready()`."""

    @command("presence", presence=True)
    def presence_list(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Tell who reads the stream: `{}`. The result is that of `NamespaceRegistry.presence`."""
        _expect_nothing(data)
        return namespaces.presence(caller.identity, caller.stream.full, subscribed=caller.subscribed)

    @command("presence.stats", presence=True)
    def presence_stats(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Tell how many read the stream: `{}`. The result is `{"users": number, "connections": number}`."""
        _expect_nothing(data)
        namespaces.check_presence(caller.identity, caller.stream.full, subscribed=caller.subscribed)
        present = people(caller.stream.full, 0)
        return {"users": present.here, "connections": present.connections}

    @command("publish", together=True)
    def publish_event(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Publish an event, as `can_publish` allows: `{"data": object, "type"?: text, "key"?: text}`.

        The result is its place, `{"epoch", "offset"}`, or `{}` where the namespace has no history, or where
        `on_publish` has made something else of it.
        """
        draft = draft_from(data, history=self.history, info=caller.info)
        [refusal] = ask_each(lambda callers: publishers(self, callers), [caller])
        if refusal is not None:
            raise refusal
        accepted = self.on_publish(caller, draft)
        if accepted is None:
            return {}
        return _publish(self, caller.stream.full, accepted)


def _publish(namespace: BaseNamespace, stream: str, draft: Draft) -> JSONObject:
    if not namespace.history:
        publish_ephemeral(stream, draft.type, draft.data() if callable(draft.data) else draft.data, meta=draft.meta)
        return {}
    [place] = publish_many(stream, [draft])
    return {"epoch": place.epoch, "offset": place.offset}


def _expect_nothing(data: JSONObject) -> None:
    if data:
        raise BadRequest(f"expected data with nothing in it, got {next(iter(data))!r:.80}")
