"""What the exit status of each command says, and how `--help` tells it."""

from collections.abc import Mapping
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of a command; a script can act on it without reading any text."""

    DONE = 0
    WRONG = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    TIMEOUT = 5
    INTERRUPTED = 130


def help_epilog(examples: str, meanings: Mapping[ExitCode, str]) -> str:
    """Return what `--help` prints below the options.

    Arguments:
        examples: indented command lines.
        meanings: what each exit status that the command uses means, one line each.
    """
    codes = "\n".join(f"  {code:<4} {meaning}" for code, meaning in meanings.items())
    return f"examples:\n{examples.rstrip()}\n\nexit status:\n{codes}\n"
