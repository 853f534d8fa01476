"""Whatever bytes come: the decoders and the patches give what they promise, or one of their own errors."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.conf import BASE_DIR
from tests.fuzz.targets import TARGETS
from tests.golden import CENTRIFUGO

#: Long enough for some thousand inputs; `python -m tests.fuzz` goes on for longer.
SECONDS = 1

_PUNCTUATION = '{}[]",:\\ \n'
_MEMBERS = ['"id":1', '"connect"', '"subscribe"', '"data"', '"subs"', '"offset"', '{"id":1,"publish":{"data":', "}}"]
_VALUES = ["\\u0000", "\\ud800", "-1", "9" * 30, "1e999", "NaN", "null", "true", "é", "\0"]
bits_of_json = st.lists(st.sampled_from([*_PUNCTUATION, *_MEMBERS, *_VALUES])).map("".join)
commands = st.sampled_from(CENTRIFUGO["commands"])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return golden commands in protobuf with some bytes changed, left out or doubled."""
    data = bytearray(
        b"".join(bytes.fromhex(one["protobuf"]) for one in draw(st.lists(commands, min_size=1, max_size=2)))
    )
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data)


@given(st.binary() | bits_of_json.map(str.encode))
def test_any_bytes_are_commands_in_json_or_the_end(data: bytes) -> None:
    TARGETS["json"](data)


@given(st.binary() | damaged())
def test_any_bytes_are_commands_in_protobuf_or_the_end(data: bytes) -> None:
    TARGETS["protobuf"](data)


@given(st.binary(), st.binary() | st.text("0123GW~@:;,\n").map(str.encode))
def test_any_bytes_are_a_patch_or_refused(source: bytes, patch: bytes) -> None:
    TARGETS["fossil"](source + b"\xff" + patch)


@pytest.mark.parametrize("name", TARGETS)
def test_fuzzing_for_a_moment_finds_nothing(name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        if os.environ.get("CI"):
            pytest.fail("atheris is not installed, and is to be in CI")
        pytest.skip("atheris is not installed: it has wheels for Linux on x86_64 only")
    command = [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(SECONDS)]
    environment = os.environ | {"PYTHONPATH": str(BASE_DIR)}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=110)
    assert run.returncode == 0, run.stdout + run.stderr
    # It did try something, and began with what is right.
    assert "INITED" in run.stderr and "DONE" in run.stderr, run.stderr
