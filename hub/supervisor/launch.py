"""Replaces itself by a command that dies with the supervisor: `python -I -S launch.py SUPERVISOR_PID COMMAND…`.

It is a program of its own, not a hook between fork and exec, since code there is unsafe beside threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
#: What shells exit with when a command cannot be run.
_NOT_FOUND = 127


def main() -> None:
    """Ask the kernel to end this process with its parent, then become the command."""
    supervisor, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have died before the kernel was asked.
    if os.getppid() != supervisor:
        sys.exit(1)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]} cannot be started: {error.strerror}", file=sys.stderr)
        sys.exit(_NOT_FOUND)


if __name__ == "__main__":
    main()
