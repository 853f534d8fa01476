#!/bin/sh
# Runs npm in web/, by the machine's Node where it is new enough, else by one installed into the virtual environment:
#     sh scripts/npm.sh DIRECTORY_OF_THE_ENVIRONMENT ARGUMENT…
set -eu
bin=$(cd "$1/bin" && pwd)
shift

# The versions that Vite runs on.
is_fit='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'

# Debian has packages of Node without npm.
if ! node -e "$is_fit" 2>/dev/null || ! npm --version >/dev/null 2>&1; then
    "$bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        -r requirements-node.txt
    PATH="$bin:$PATH"
    export PATH
fi
cd web
exec npm --no-update-notifier --no-fund --no-audit "$@"
