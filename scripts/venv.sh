#!/bin/sh
# Creates a virtual environment of Python 3.11 or newer, unless a working one is there: sh scripts/venv.sh DIRECTORY
# $PYTHON names the interpreter; without it the first fitting one on PATH is taken.
set -eu
venv=$1
is_fit='import sys; sys.exit(sys.version_info < (3, 11))'

# pip belongs to the check: an interrupted creation leaves an environment without it.
"$venv/bin/python" -c "import pip; $is_fit" 2>/dev/null && exit 0

if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.14 python3.13 python3.12 python3.11; fi
first=$1
for candidate in "$@"; do
    if "$candidate" -c "$is_fit" 2>/dev/null; then python=$candidate; break; fi
done
if [ -z "${python:-}" ]; then
    version=$("$first" --version 2>&1) || version="not there"
    echo "Hubbub needs Python 3.11 or newer, and $first is $version." >&2
    echo "Install one, or name it: make PYTHON=/path/to/python3.12 …" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "The Python at $(command -v "$python") has no venv module." >&2
    echo "Install it (Debian, Ubuntu: apt-get install python3-venv), or name another Python by PYTHON=…" >&2
    exit 1
fi
"$python" -m venv --clear "$venv"
