"""The words of every signature: what JSON is, as a type."""

from typing import Any, TypeAlias

# A recursive alias would be exact, but forces a cast at every access; the codec has checked the shape already.
JSONValue: TypeAlias = Any
JSONObject: TypeAlias = dict[str, JSONValue]
