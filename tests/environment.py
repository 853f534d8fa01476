"""An early pytest plugin: tests keep their state in a directory of their own, chosen before Django's settings load."""

import atexit
import os
import shutil
import tempfile

_VAR = tempfile.mkdtemp(prefix="hubbub-tests-")
# At the end of the process, not of the tests: a run that fails before the first test leaves nothing either.
atexit.register(shutil.rmtree, _VAR, ignore_errors=True)

# Plain assignments: what a developer has set for a hub of theirs must not reach the tests.
os.environ["HUBBUB_ENV"] = "test"
os.environ["HUBBUB_VAR"] = _VAR
# Named on purpose for the tests alone: on the database's server they make one of their own, and remove it.
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
for _name in (
    "REDIS_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "HUBBUB_ALLOWED_ORIGINS",
    "HUBBUB_HTTP_API_KEY",
    "HUBBUB_LIMITS",
    "DEBUG",
):
    os.environ.pop(_name, None)
