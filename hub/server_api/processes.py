"""What only the server processes know, for other programs: which streams have readers, and how each process is."""

from hub.core.errors import InternalError
from hub.core.types import JSONObject
from hub.server_api import fields
from hub.server_api.authentication import Program
from hub.survey import ask_all


def channels(program: Program, params: JSONObject) -> JSONObject:
    """Return the streams that have readers, those whose names match the glob `pattern`: `channels`, by name.

    Raises:
        InternalError: some process has not answered, or nobody can be asked.
    """
    answers = ask_all("channels", {"pattern": fields.text(params, "pattern")})
    if not answers.complete:
        # Without its readers the numbers would be wrong, and streams would be missing.
        raise InternalError(f"{len(answers)} of {answers.expected} server processes have answered; try again")
    counts: dict[str, int] = {}
    for answer in answers:
        for name, count in answer.items():
            counts[name] = counts.get(name, 0) + count
    return {"channels": {name: {"num_clients": count} for name, count in sorted(counts.items())}}


def info(program: Program, params: JSONObject) -> JSONObject:
    """Return how each server process is: `nodes`. One that does not answer is left out.

    Raises:
        InternalError: nobody can be asked.
    """
    return {"nodes": sorted(ask_all("info"), key=lambda node: str(node["name"]))}
