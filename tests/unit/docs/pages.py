"""Reading the documentation: its pages, their sections, tables, blocks of code and links."""

import re
from collections.abc import Iterator
from pathlib import Path

from hub.conf import BASE_DIR

_BUILT = {".venv", "node_modules", "dist", "var", ".git", ".pytest_cache", ".hypothesis"}


def pages() -> list[Path]:
    """Return every Markdown file of the project."""
    found = sorted(BASE_DIR.rglob("*.md"))
    return [path for path in found if not _BUILT & set(path.relative_to(BASE_DIR).parts)]


def read(name: str) -> str:
    """Return the text of a page, named from the project's directory: `docs/glossary.md`."""
    return (BASE_DIR / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Return what stands below a second-level heading, up to the next one."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"expected a heading '## {heading}'"
    return found[1]


def headings(text: str) -> list[str]:
    """Return the second-level headings."""
    return re.findall(r"^## (.+)$", text, re.MULTILINE)


def rows(text: str) -> Iterator[list[str]]:
    """Return the cells of each row of all tables in a text, without their heads."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        head = number + 1 < len(lines) and re.match(r"\|[-| :]+\|$", lines[number + 1])
        if line.startswith("|") and not head and not re.match(r"\|[-| :]+\|$", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def code(cell: str) -> list[str]:
    """Return what stands between back-quotes in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of code in a language."""
    return [block.strip("\n") for block in re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as the usual renderers make them."""
    found = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}
