"""Versions that publishers count themselves: what is not newer than what was published is not published (section 9)."""

from collections.abc import Iterable

from hub.log.locking import database, hold
from hub.models import Stream

#: Longest `version_epoch`, in characters.
MAX_VERSION_EPOCH = 100


def take_newer(streams: Iterable[str], version: int, version_epoch: str) -> set[str]:
    """Set the version of those of some streams for which it is newer, inside the caller's transaction.

    Locks the streams until that ends, in the order of their names.

    Arguments:
        streams: names of streams.
        version: of what is to be published, 1 or more.
        version_epoch: in what life of the publisher's count; a version of another one than before is always newer. An
            empty one is whichever there was before.
    Returns:
        Those for which it is newer than what was published.
    Raises:
        TransactionManagementError: there is no transaction to be part of.
    """
    names = set(streams)
    hold(names)
    rows = Stream.objects.using(database().alias).filter(name__in=names)
    newer = {
        name
        for name, newest, epoch in rows.values_list("name", "version", "version_epoch")
        if version > newest or version_epoch not in ("", epoch)
    }
    rows.filter(name__in=newer).update(version=version, version_epoch=version_epoch)
    return newer
