"""Trimming the log: what a stream no longer keeps."""

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest, Least

from hub.log.keys import keep_keys
from hub.log.locking import database
from hub.models import Event as EventRow
from hub.models import Stream

#: Events deleted in one transaction: whoever publishes must not wait for the deletion of a long history.
PAGE = 2_000


def trim(stream: str, through: int | None = None) -> None:
    """Keep a stream's events up to an offset no longer. Its epoch stays, and so does whoever has passed them.

    First the floor moves, so that whoever stands below it is told; then the rows go, page by page, each page in a
    transaction of its own where the caller has none. Their idempotency keys are remembered for a while (P7).

    Arguments:
        stream: the stream's name; one that was never written to stays so.
        through: the last offset that is not kept; None for all that there is.
    """
    upper = F("head") if through is None else Least(F("head"), Value(through))
    with transaction.atomic():
        Stream.objects.filter(name=stream).update(floor=Greatest(F("floor"), upper))
        found = Stream.objects.filter(name=stream).values_list("id", "floor").first()
    if found is not None:
        while _delete_page(*found):
            pass


def _delete_page(stream_id: int, floor: int) -> bool:
    """Delete the first events of a stream. Returns whether there may be more."""
    with transaction.atomic():
        rows = EventRow.objects.filter(stream_id=stream_id, offset__lte=floor)
        offsets = list(rows.order_by("offset").values_list("offset", flat=True)[:PAGE])
        if not offsets:
            return False
        with database().cursor() as cursor:
            keep_keys(cursor, stream_id, offsets[-1])
        rows.filter(offset__lte=offsets[-1])._raw_delete(rows.db)
    return len(offsets) == PAGE
