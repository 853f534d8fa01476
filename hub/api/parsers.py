"""Reading a request's body: JSON as strict as on a WebSocket."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from hub.core.errors import BadRequest
from hub.core.json import decode_json_object
from hub.core.types import JSONObject


class StrictJSONParser(JSONParser):
    """Takes a JSON object in UTF-8 by the rules of `hub.core.json`: no NaN, no repeated key, bounded in depth."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> JSONObject:
        """Return the object.

        Raises:
            ParseError: the body is something else.
        """
        try:
            return decode_json_object(stream.read().decode())
        except UnicodeDecodeError as error:
            raise ParseError("expected a body in UTF-8, got other bytes") from error
        except BadRequest as error:
            raise ParseError(error.message) from error
