"""Publishing for other programs: to one stream or many, once for each idempotency key, and newest versions alone."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from hub import log
from hub.core.errors import BadRequest, HubError
from hub.core.types import JSONObject
from hub.log import MAX_VERSION_EPOCH
from hub.namespaces import namespaces
from hub.publish import Draft, hold_streams, publish_ephemeral_to_many, publish_to_many
from hub.server_api import fields
from hub.server_api.authentication import Program

#: The type of a publication that says of itself nothing else.
TYPE = "message"
#: Most streams that one request publishes to.
MAX_CHANNELS = 10_000


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be published, as a request says."""

    draft: Draft
    skip_history: bool
    version: int
    version_epoch: str


@dataclass(slots=True)
class _Plan:
    """Where a publication goes: names of streams, each as often as it was named."""

    kept: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def publish(program: Program, params: JSONObject) -> JSONObject:
    """Publish to one stream: `channel`, and what `read_publication` takes. Returns `offset` and `epoch` if it is kept.

    Raises:
        HubError: it cannot be published there.
    """
    name = fields.channel(params)
    [outcome] = publish_to([name], read_publication(params))
    if isinstance(outcome, HubError):
        raise outcome
    return outcome


def broadcast(program: Program, params: JSONObject) -> JSONObject:
    """Publish to many streams, `channels`, in one transaction. Returns `responses`, for each a result or an error.

    Raises:
        HubError: it can be published nowhere.
    """
    channels = fields.items(params, "channels")
    if not 0 < len(channels) <= MAX_CHANNELS:
        raise BadRequest(f'expected "channels" to name 1 to {MAX_CHANNELS} channels, got {len(channels)}')
    names = [fields.stream_name(name) for name in channels]
    outcomes = publish_to(names, read_publication(params))
    return {
        "responses": [
            {"error": {"code": one.code, "message": one.message}} if isinstance(one, HubError) else {"result": one}
            for one in outcomes
        ]
    }


def read_publication(params: JSONObject) -> Publication:
    """Read what is to be published.

    Arguments:
        params: `data` or `b64data`; `skip_history`, `tags`, `idempotency_key`, `version` and `version_epoch` where
            wanted; `delta` is taken as well: whether a subscriber gets deltas is up to that subscriber.
    Raises:
        BadRequest: it is something else.
    """
    given, data = fields.payload(params, "data")
    if not given:
        raise BadRequest('expected "data" or "b64data", got neither')
    fields.flag(params, "delta")
    tags = fields.mapping(params, "tags")
    draft = Draft(TYPE, data, fields.text(params, "idempotency_key") or None, {"tags": tags} if tags else None)
    epoch = fields.text(params, "version_epoch")
    if len(epoch) > MAX_VERSION_EPOCH:
        raise BadRequest(f'expected "version_epoch" of up to {MAX_VERSION_EPOCH} characters, got {len(epoch)}')
    return Publication(draft, fields.flag(params, "skip_history"), fields.whole(params, "version"), epoch)


def publish_to(channels: Sequence[str], publication: Publication) -> list[JSONObject | HubError]:
    """Publish to streams, all in one transaction.

    Returns:
        For each, in their order, `{"offset", "epoch"}`, or `{}` where it is not kept, or why it is not published there.
    Raises:
        BadRequest, LimitExceeded: it can be published nowhere.
    """
    refused: dict[str, HubError] = {}
    plan = _Plan()
    for name in channels:
        try:
            kept = namespaces.has_history(name) and not publication.skip_history
        except HubError as error:
            refused[name] = error
        else:
            (plan.kept if kept else plan.told).append(name)
    results = _carry_out(plan, publication)
    return [refused[name] if name in refused else results[name].pop(0) for name in channels]


def _carry_out(plan: _Plan, publication: Publication) -> dict[str, list[JSONObject]]:
    draft = publication.draft
    if not plan.kept:
        return _results_of_told(plan.told, publish_ephemeral_to_many(plan.told, draft))
    with transaction.atomic():
        if draft.key is not None and plan.told:
            # All at once, so that two such requests do not wait for each other in a circle.
            hold_streams(*plan.kept, *plan.told)
        results = _publish_versions(plan.kept, publication) if publication.version else _publish(plan.kept, draft)
        if plan.told:
            results |= _results_of_told(plan.told, publish_ephemeral_to_many(plan.told, draft))
    return results


def _publish(names: Iterable[str], draft: Draft) -> dict[str, list[JSONObject]]:
    batch: dict[str, list[Draft]] = {}
    for name in names:
        batch.setdefault(name, []).append(draft)
    return {
        name: [{"offset": place.offset, "epoch": place.epoch} for place in places]
        for name, places in publish_to_many(batch).items()
    }


def _publish_versions(names: Sequence[str], publication: Publication) -> dict[str, list[JSONObject]]:
    """Publish to the streams for which the version is newer; of the others, say where they end."""
    key = publication.draft.key
    # A repeated request gets its first answer, whatever was published since.
    repeated = log.known(names, key) if key is not None else {}
    newer = log.take_newer(set(names) - repeated.keys(), publication.version, publication.version_epoch)
    found = _publish(sorted(newer | repeated.keys()), publication.draft)
    ends = log.bounds(set(names) - found.keys())
    results = {name: one[0] for name, one in found.items()}
    results |= {name: {"offset": end.head, "epoch": end.epoch} for name, end in ends.items()}
    return {name: [results[name]] * times for name, times in Counter(names).items()}


def _results_of_told(names: Sequence[str], offsets: Mapping[str, int]) -> dict[str, list[JSONObject]]:
    results: dict[str, list[JSONObject]] = {}
    for name in names:
        # What is not kept has a place only where its key was used for something that is.
        results.setdefault(name, []).append({"offset": offsets[name]} if offsets[name] else {})
    return results
