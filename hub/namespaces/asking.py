"""Asking about rights: of many at once, so that one strange name stops no others, and no query is made for each."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError

from hub.core.errors import PermissionDenied
from hub.core.streams import StreamName
from hub.identity import AnyUser

T = TypeVar("T")
U = TypeVar("U", bound=AnyUser)

#: A user, and a stream that they want to do something with.
Asked = tuple[User, StreamName]


def ask_each(
    question: Callable[[Sequence[T]], Sequence[Exception | None]], asked: Sequence[T]
) -> list[Exception | None]:
    """Ask about many at once, and about one after the other where that fails: one strange name stops no others.

    Raises:
        OperationalError, InterfaceError: the database does not answer.
    """
    try:
        verdicts = question(asked)
        if len(verdicts) != len(asked):
            raise ValueError(f"expected {len(asked)} verdicts, got {len(verdicts)}")
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(asked) == 1:
            return [error]
        return [verdict for one in asked for verdict in ask_each(question, [one])]
    return list(verdicts)


def refusal(may: Callable[[U, StreamName], bool], user: U, stream: StreamName, what: str) -> Exception | None:
    """Ask about one: return why they may not, or None where they may.

    Raises:
        OperationalError, InterfaceError: the database does not answer.
    """
    try:
        return None if may(user, stream) else denial(stream, what)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        return error


def denial(stream: StreamName, what: str) -> PermissionDenied:
    """Return the words for somebody who may not `what` a stream."""
    return PermissionDenied(f"you may not {what} {stream.full!r}")
