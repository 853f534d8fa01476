"""Why the hub does not start: one sentence for a person, one exit code for a script."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What `python manage.py hub` exits with; the numbers are those of sysexits.h where it has a fitting one."""

    STOPPED = 0
    #: The database lacks migrations, or cannot be read (EX_DATAERR).
    DATABASE = 65
    #: Redis is missing, does not start or does not answer (EX_UNAVAILABLE).
    REDIS = 69
    #: The address cannot be listened on (EX_OSERR).
    ADDRESS = 71
    #: `var/` cannot be written (EX_CANTCREAT).
    VAR = 73
    #: Another hub runs on the same `var/` (EX_TEMPFAIL).
    ALREADY_RUNNING = 75
    #: A setting is missing or wrong (EX_CONFIG).
    CONFIGURATION = 78
    #: Stopped by a second Ctrl-C, without waiting for the parts.
    KILLED = 130


class StartRefused(Exception):
    """The hub cannot start.

    Arguments:
        code: what the process exits with.
        sentence: what is wrong and what to do about it.
    """

    def __init__(self, code: ExitCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
