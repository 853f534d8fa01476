#!/bin/sh
# Says what is being done, does it, and shows the command's output only when it fails:
#     sh scripts/quietly.sh "Installing the Python packages" COMMAND [ARGUMENT…]
set -u
echo "$1 …"
shift
output=$(mktemp)
trap 'rm -f "$output"' EXIT
trap 'exit 130' INT TERM
"$@" >"$output" 2>&1 </dev/null && exit 0
status=$?
cat "$output" >&2
echo "This failed with exit code $status: $*" >&2
exit "$status"
