"""Reading the process environment: what a variable may hold, and clear words when it holds something else."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def read_bool(name: str, *, default: bool) -> bool:
    """Return a switch: on, true, yes, 1, or off, false, no, 0.

    Raises:
        ImproperlyConfigured: the variable holds anything else.
    """
    text = os.environ.get(name)
    if text is None:
        return default
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"expected {name} to be on or off, got {text!r}")


def read_int(name: str, *, default: int) -> int:
    """Return a whole number, 0 or more.

    Raises:
        ImproperlyConfigured: the variable holds anything else.
    """
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal()):
        raise ImproperlyConfigured(f"expected {name} to be a whole number, 0 or more, got {text!r}")
    return int(text)


def read_text(name: str) -> str:
    """Return a text without blanks around it; an empty one where the variable is not set."""
    return os.environ.get(name, "").strip()


def read_json(name: str, *, default: Any) -> Any:
    """Return what a variable holds as JSON, or `default` where it is not set.

    Raises:
        ImproperlyConfigured: it is no JSON.
    """
    text = os.environ.get(name)
    try:
        return json.loads(text) if text else default
    except (ValueError, RecursionError) as error:
        raise ImproperlyConfigured(f"expected {name} to be JSON, got: {error}") from error


def read_choice(name: str, choices: tuple[str, ...], *, default: str) -> str:
    """Return one of a few words.

    Raises:
        ImproperlyConfigured: the variable holds anything else.
    """
    text = os.environ.get(name) or default
    if text not in choices:
        raise ImproperlyConfigured(f"expected {name} to be one of {', '.join(choices)}, got {text!r}")
    return text


def read_list(name: str, *, default: list[str]) -> list[str]:
    """Return the comma-separated items of a variable, without blanks, or `default` where it is not set."""
    text = os.environ.get(name)
    if not text:
        return default
    return [item.strip() for item in text.split(",") if item.strip()]


def read_secret_key(var_dir: Path, *, production: bool) -> str:
    """Return `SECRET_KEY`; outside production one is made once and kept in `var/secret_key`, for its owner's eyes only.

    Raises:
        ImproperlyConfigured: there is none in production, or the file cannot be read or made.
    """
    if key := os.environ.get("SECRET_KEY"):
        return key
    if production:
        raise ImproperlyConfigured("expected SECRET_KEY in the environment in production, got none")
    path = var_dir / "secret_key"
    try:
        return _read_or_create(path)
    except OSError as error:
        raise ImproperlyConfigured(f"expected to read or to make {path}, got: {error}") from error


def prepare_var(var_dir: Path) -> None:
    """Make the directory of everything that the hub writes.

    Raises:
        ImproperlyConfigured: it cannot be made or written.
    """
    try:
        # WhiteNoise warns of a static root that does not exist.
        (var_dir / "static").mkdir(parents=True, exist_ok=True)
        writable = os.access(var_dir, os.W_OK | os.X_OK)
    except OSError as error:
        raise ImproperlyConfigured(f"expected {var_dir} to be a writable directory, got: {error}") from error
    if not writable:
        raise ImproperlyConfigured(f"expected {var_dir} to be a writable directory, got one that is not writable")


def _read_or_create(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    # Several processes may start at once: whoever links its own file first wins, and all read that one.
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    own.touch(mode=0o600)
    try:
        own.write_text(secrets.token_urlsafe(48))
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
    return path.read_text().strip()
