"""The shape of the machine, which every figure depends on."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil


def describe() -> str:
    """Return one sentence: the date, the processor, cores, memory, system, and Python."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, {platform.python_implementation()} {platform.python_version()}"
    )


def _processor() -> str:
    try:
        words = [line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines()]
        return next(value.strip() for name, _, value in words if name.strip() == "model name")
    except (OSError, StopIteration):
        return platform.machine()
