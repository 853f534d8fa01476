"""`python -m hub.server`."""

import sys

from hub.server.command import ServerCommand

if __name__ == "__main__":
    ServerCommand().run(sys.argv[1:])
