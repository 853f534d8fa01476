"""The engine of Hubbub (log, publish, announce, dispatch, deliver) and the site that carries it."""

#: Of this release, as in `pyproject.toml`.
__version__ = "0.1.0"
