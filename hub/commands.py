"""Carrying out commands: one alone, or those that came together in one transaction (group commit).

A commit costs about as much for a hundred commands as for one. Each keeps what it would have alone: its own result or
error, a savepoint that undoes it and nothing else, and no answer before the commit of what it answers.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.models import prefetch_related_objects

from hub import announce
from hub.batching import Batch
from hub.core.errors import HubError
from hub.core.types import JSONObject
from hub.credentials import Credential, identities_of
from hub.database import DatabaseUnavailable
from hub.drafts import draft_from
from hub.identity import Guest
from hub.log import Draft
from hub.namespaces import BaseNamespace, Caller, Namespace, ask_each, namespaces, publishers
from hub.publish import publish_ephemeral, publish_to_many

logger = logging.getLogger(__name__)

#: Milliseconds that such commands wait for a lock that somebody else holds, since others wait for them in turn.
LOCK_TIMEOUT = 2_000
#: Streams of which the database refuses commands one by one, after which it is not asked for those of others.
MAX_REFUSED = 2


@dataclass(frozen=True, slots=True)
class Request:
    """A command that a client has sent."""

    #: What the client has proved itself with.
    credential: Credential
    #: The stream that its connection reads.
    stream: str
    name: str
    data: JSONObject
    #: Whether the connection reads the stream.
    subscribed: bool = False
    #: What subscribers are told of a client of the Centrifugo protocol.
    info: JSONObject | None = None


class _Broken(Exception):
    """The shared transaction cannot be committed."""


@dataclass(slots=True)
class _Call:
    """A request whose caller is known, and what became of it: None while nothing did."""

    request: Request
    namespace: BaseNamespace
    caller: Caller
    outcome: JSONObject | Exception | None = None
    draft: Draft | None = None

    @property
    def stream(self) -> str:
        return self.request.stream

    def run(self) -> JSONObject:
        return self.namespace.run(self.caller, self.request.name, self.request.data)


def carry_out(request: Request) -> JSONObject:
    """Carry out a command with the rights that its user has now.

    Raises:
        HubError: what the namespace, or the command, refuses.
    """
    namespace, name = namespaces.resolve(request.stream)
    [identity] = identities_of([request.credential])
    if isinstance(identity, Exception):
        raise identity
    return namespace.run(Caller(identity, name, request.subscribed, request.info), request.name, request.data)


def carry_out_many(requests: Sequence[Request]) -> list[JSONObject | Exception]:
    """Carry out commands that may share a transaction (`namespaces.runs_together`) with the rights of their users now.

    Those of one stream are carried out in the order in which they came.

    Returns:
        For each, in their order, its result or what it raised. All that has a result is committed.
    Raises:
        OperationalError, InterfaceError: the database does not answer.
    """
    if len(requests) == 1:
        return [carry_out(requests[0])]
    calls = _identify(requests)
    # In one order in every process: of two that take the same locks, neither waits for the other and is waited for.
    in_order = sorted((call for call in calls if isinstance(call, _Call)), key=lambda call: call.stream)
    published = [call for _, own in groupby(in_order, lambda call: call.stream) for call in _only_published(list(own))]
    _read_drafts(published)
    _tell_ephemeral(published)
    waiting = [call for call in in_order if call.outcome is None]
    if waiting:
        _commit_together(waiting)
        _carry_out_singly([call for call in waiting if call.outcome is None])
    return [call if isinstance(call, Exception) else _outcome_of(call) for call in calls]


#: Carries out a command that may share a transaction, together with those that come at the same time.
committed: Batch[Request, JSONObject] = Batch(carry_out_many)


def _outcome_of(call: _Call) -> JSONObject | Exception:
    if call.outcome is None:
        raise AssertionError(f"{call.request.name} was not carried out")
    return call.outcome


def _identify(requests: Sequence[Request]) -> list[_Call | Exception]:
    """Find out whose requests these are now. Returns for each the call, or why there is none."""
    calls: list[_Call | Exception] = []
    for request, user in zip(requests, identities_of([request.credential for request in requests]), strict=True):
        if isinstance(user, Exception):
            calls.append(user)
            continue
        try:
            namespace, name = namespaces.resolve(request.stream)
        except HubError as error:
            calls.append(error)
        else:
            caller = Caller(user, name, request.subscribed, request.info)
            calls.append(_Call(request, namespace, caller))
    _read_related([call for call in calls if isinstance(call, _Call)])
    return calls


def _read_related(calls: Iterable[_Call]) -> None:
    by_relations: dict[tuple[str, ...], list[_Call]] = {}
    for call in calls:
        # An event that is published as it came tells nothing of who has sent it.
        related = call.namespace.caller_related and not _is_only_published(call)
        if related and not isinstance(call.caller.identity, Guest):
            by_relations.setdefault(call.namespace.caller_related, []).append(call)
    for relations, own in by_relations.items():
        prefetch_related_objects([call.caller.user for call in own], *relations)


def _only_published(calls: list[_Call]) -> list[_Call]:
    """Return the calls of one stream where all of them are the engine's own `publish`; else none, to keep their order.

    Such can be written together, rather than each in a savepoint.
    """
    return calls if all(map(_is_only_published, calls)) else []


def _is_only_published(call: _Call) -> bool:
    kind = type(call.namespace)
    return (
        call.request.name == "publish"
        and getattr(kind, "publish_event", None) is Namespace.publish_event
        and kind.on_publish is BaseNamespace.on_publish
    )


def _read_drafts(calls: list[_Call]) -> None:
    """Check what is to be published, and the right to do so: what is wrong must not fail the others later."""
    for call in calls:
        try:
            call.draft = draft_from(call.request.data, history=call.namespace.history, info=call.request.info)
        except HubError as error:
            call.outcome = error
    by_namespace: dict[BaseNamespace, list[_Call]] = {}
    for call in calls:
        if call.draft is not None:
            by_namespace.setdefault(call.namespace, []).append(call)
    for namespace, own in by_namespace.items():
        for call, refusal in zip(own, _publishing_refusals(namespace, own), strict=True):
            call.outcome = refusal


def _publishing_refusals(namespace: BaseNamespace, calls: list[_Call]) -> list[Exception | None]:
    return ask_each(lambda callers: publishers(namespace, callers), [call.caller for call in calls])


def _tell_ephemeral(calls: list[_Call]) -> None:
    """Tell what is not kept: it needs no transaction."""
    with announce.together():
        for call in calls:
            if call.outcome is None and call.draft is not None and not call.namespace.history:
                try:
                    publish_ephemeral(call.stream, call.draft.type, call.request.data["data"], meta=call.draft.meta)
                    call.outcome = {}
                except HubError as error:
                    call.outcome = error


def _commit_together(calls: list[_Call]) -> None:
    """Carry out calls, in order, in one transaction. Those that have to be tried singly are left without an outcome."""
    progress = _Progress()
    try:
        with announce.together(), transaction.atomic():
            # Before all others, so that what fails afterwards is known to be one of them and not the commit.
            transaction.on_commit(progress.commit_is_done)
            _wait_briefly()
            _carry_out_in_savepoints(calls)
            _make_hooks_robust()
            progress.commit_begins()
    except Exception as error:
        logger.warning("a shared transaction failed: %s", str(error).strip(), extra={"action": "group_failed"})
        if not progress.is_committed:
            _forget(calls, error if progress.is_committing else None)


class _Progress:
    """How far a transaction has come."""

    is_committing = False
    is_committed = False

    def commit_begins(self) -> None:
        self.is_committing = True

    def commit_is_done(self) -> None:
        self.is_committed = True


def _forget(calls: list[_Call], commit_error: Exception | None) -> None:
    """Forget what became of calls whose transaction failed, in its commit or before.

    Where nobody knows whether it was committed, it is not tried again, or it might have its effects twice.
    """
    unknown = commit_error is not None and not _is_rolled_back(commit_error)
    for call in calls:
        call.outcome = DatabaseUnavailable() if unknown else None
    # A connection that broke is not used again.
    close_old_connections()


def _is_rolled_back(error: Exception) -> bool:
    """Say whether a commit that failed so has no effects for certain: not where the connection was lost meanwhile."""
    if isinstance(error, IntegrityError) or connection.vendor == "sqlite":
        return True
    # Class 40 of SQLSTATE: transaction rollback, as after a deadlock.
    return str(getattr(error.__cause__, "sqlstate", "")).startswith("40")


def _carry_out_in_savepoints(calls: list[_Call]) -> None:
    _publish_together([call for call in calls if call.draft is not None])
    put_off: set[str] = set()
    for call in calls:
        # What comes after a call that is put off is put off with it, to keep their order.
        if call.outcome is None and call.stream not in put_off and not _carry_out_in_savepoint(call):
            put_off.add(call.stream)


def _carry_out_in_savepoint(call: _Call) -> bool:
    """Carry out a call in a savepoint. Returns False where it has to be tried in a transaction of its own."""
    try:
        with transaction.atomic():
            call.outcome = call.run()
            if connection.needs_rollback:
                # A savepoint ends by being undone without a word then.
                raise _Broken("it caught an error of the database where there was no savepoint")
    except HubError as error:
        call.outcome = error
    except Exception:
        # Whatever it is, it may not happen where nothing is shared.
        call.outcome = None
    if connection.needs_rollback:
        # So would the whole transaction.
        raise _Broken("it can only be rolled back")
    return call.outcome is not None


def _publish_together(calls: list[_Call]) -> None:
    """Write what is to be published with few statements. Where that fails the calls are left, to be tried singly."""
    drafts = {stream: list(own) for stream, own in groupby(calls, lambda call: call.stream)}
    try:
        with transaction.atomic():
            places = publish_to_many({stream: [_draft_of(call) for call in own] for stream, own in drafts.items()})
    except HubError as error:
        logger.warning("events were not written together: %s", error, extra={"action": "group_failed"})
        return
    for stream, own in drafts.items():
        for call, place in zip(own, places[stream], strict=True):
            call.outcome = {"epoch": place.epoch, "offset": place.offset}


def _draft_of(call: _Call) -> Draft:
    if call.draft is None:
        raise AssertionError(f"{call.request.name} has no event")
    return call.draft


def _wait_briefly() -> None:
    """Have the transaction wait for locks for a moment only: everyone in it waits along."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}")


@contextmanager
def _waiting_briefly() -> Iterator[None]:
    """Have transactions in the block wait for locks for a moment only."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {LOCK_TIMEOUT}")
    try:
        yield
    finally:
        # A connection that broke has no setting any more.
        with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def _make_hooks_robust() -> None:
    """Have a commit hook of one command that fails keep those of the others from running no more."""
    # Each is (savepoints, function, robust); django-stubs knows of the first two.
    hooks: list[Any] = list(connection.run_on_commit)
    connection.run_on_commit = [(savepoints, function, True) for savepoints, function, _ in hooks]  # type: ignore[misc]


def _carry_out_singly(calls: Sequence[_Call]) -> None:
    """Carry out calls one by one, in order, each as if it had come alone."""
    refused: set[str] = set()
    for call in calls:
        # Their order again, and everyone's time: whoever is next would wait for the same lock, or for the server.
        if call.stream in refused or len(refused) >= MAX_REFUSED:
            call.outcome = DatabaseUnavailable()
            continue
        try:
            with _waiting_briefly():
                call.outcome = carry_out(call.request)
        except (OperationalError, InterfaceError) as error:
            logger.warning("the database refused work: %s", str(error).strip(), extra={"action": "database_refused"})
            call.outcome = DatabaseUnavailable()
            refused.add(call.stream)
            close_old_connections()
        except Exception as error:
            call.outcome = error
