"""Fuzzing by coverage (atheris): `python -m tests.fuzz json|protobuf|fossil --seconds N`.

What makes a target fail is written to a file `crash-…` in the present directory, and ends the run with another status
than 0.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["hub", "json"]):
    from tests.fuzz.targets import TARGETS

from tests.golden import CENTRIFUGO

#: Longest input, in bytes: longer ones find nothing new, and take longer.
_LONGEST = 4_096
#: Seconds after which one input counts as a hang.
_HANG = 10


def seeds(name: str) -> list[bytes]:
    """Return inputs to begin with: the golden commands, or two payloads and a patch."""
    if name == "fossil":
        return [
            b"the same text, old\xffthe same text, new",
            b"0123456789abcdef\xffH\nG@0,1:g1;",
            b"a\xff1\n1@0,1X0000;",
        ]
    if name == "json":
        return [entry["json"].encode() for entry in CENTRIFUGO["commands"]]
    return [bytes.fromhex(entry["protobuf"]) for entry in CENTRIFUGO["commands"]]


def main() -> None:
    """Fuzz one target for some seconds."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60, help="how long (default: 60)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        for number, seed in enumerate(seeds(arguments.target)):
            (Path(directory) / str(number)).write_bytes(seed)
        options = [f"-max_total_time={arguments.seconds}", f"-max_len={_LONGEST}", f"-timeout={_HANG}", "-verbosity=1"]
        atheris.Setup([sys.argv[0], *options, directory], TARGETS[arguments.target])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
