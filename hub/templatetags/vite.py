"""Template tags for what Vite built: `{% vite_assets "src/main.ts" %}` gives the script and style tags of an entry."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

#: The folder of everything that Vite builds, below the static files' root.
FOLDER = "hubbub"
MANIFEST = f"{FOLDER}/manifest.json"

_STYLE = '<link rel="stylesheet" href="{}">'
_PRELOAD = '<link rel="modulepreload" href="{}">'
_SCRIPT = '<script type="module" src="{}"></script>'


@register.simple_tag
def vite_assets(entry: str, *, required: bool = True) -> SafeString:
    """Return the tags that load an entry: its styles, then the modules it needs, then its script.

    Arguments:
        entry: the source file as `web/vite.config.ts` names it, e.g. `src/main.ts`.
        required: False for a page that must be shown even where the browser part is not built, without any tags then.
    Raises:
        ImproperlyConfigured: the browser part is not built, or has no such entry.
    """
    if not required and _find_manifest() is None:
        return SafeString("")
    manifest = read_manifest()
    if entry not in manifest:
        raise ImproperlyConfigured(f"expected {MANIFEST} to have the entry {entry!r}, got {sorted(manifest)}")
    chunks = [manifest[name] for name in _with_imports(manifest, entry)]
    scripts = [chunk["file"] for chunk in chunks]
    styles = [style for chunk in chunks for style in chunk.get("css", [])]
    if scripts[0].endswith(".css"):
        return _tags([(_STYLE, file) for file in scripts])
    tags = [(_STYLE, file) for file in styles] + [(_PRELOAD, file) for file in scripts[1:]]
    return _tags([*tags, (_SCRIPT, scripts[0])])


def read_manifest() -> dict[str, Any]:
    """Return Vite's manifest: what each source file became.

    Raises:
        ImproperlyConfigured: there is none, so the browser part is not built.
    """
    path = _find_manifest()
    if path is None:
        raise ImproperlyConfigured(
            f"expected {MANIFEST} among the static files, found none: "
            "build the browser part with `npm ci && npm run build` in web/, or run `make`"
        )
    return _read(path, path.stat().st_mtime_ns)


def _find_manifest() -> Path | None:
    # The finders see the build at once; in production only the collected files need to be there.
    if found := finders.find(MANIFEST):
        return Path(found)
    collected = Path(staticfiles_storage.path(MANIFEST))
    return collected if collected.is_file() else None


@lru_cache(maxsize=4)
def _read(path: Path, _mtime: int) -> dict[str, Any]:
    # Keyed by the time of change: a new build is seen without a restart.
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def _with_imports(manifest: dict[str, Any], entry: str) -> list[str]:
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting.extend(manifest[name].get("imports", []))
    return list(found)


def _tags(parts: list[tuple[str, str]]) -> SafeString:
    lines = (format_html_join("", markup, [(static(f"{FOLDER}/{file}"),)]) for markup, file in parts)
    return format_html_join("\n", "{}", ((line,) for line in lines))
