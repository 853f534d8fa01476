"""Reading the code: which names of the environment it uses, and which of Django's settings."""

import ast
import re
from collections.abc import Iterator

from hub.conf import BASE_DIR

#: What an environment is called where it is read.
_ENVIRONMENTS = {"environ", "environment"}
_NAME = re.compile(r"[A-Z][A-Z0-9_]+")


def _trees(*folders: str) -> Iterator[ast.AST]:
    files = [file for folder in folders for file in (BASE_DIR / folder).rglob("*.py")]
    for file in [*files, BASE_DIR / "manage.py", BASE_DIR / "asgi.py"]:
        yield ast.parse(file.read_text(encoding="utf-8"))


def environment_read() -> set[str]:
    """Return the variables that the programs read."""
    found: set[str] = set()
    for tree in _trees("hub", "chat", "notifications", "examples", "clients"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (_reads(node.func) or _is_helper(node)):
                found.update(_names(node.args[:1]))
            elif isinstance(node, ast.Subscript) and _is_environment(node.value):
                found.update(_names([node.slice]))
            elif isinstance(node, ast.GeneratorExp) and isinstance(node.elt, ast.Call) and _is_helper(node.elt):
                found.update(_names([element for loop in node.generators for element in _elements(loop.iter)]))
    return found


def environment_set() -> set[str]:
    """Return the variables that the programs give to those that they start."""
    found: set[str] = set()
    for tree in _trees("hub", "clients"):
        for node in ast.walk(tree):
            # `{**os.environ, "NAME": …}` and `os.environ | {"NAME": …}`
            if isinstance(node, ast.Dict) and any(key is None for key in node.keys):
                found.update(_names([key for key in node.keys if key]))
            elif isinstance(node, ast.BinOp) and _is_environment(node.left) and isinstance(node.right, ast.Dict):
                found.update(_names([key for key in node.right.keys if key]))
    return found


def settings_read(folder: str) -> set[str]:
    """Return the Django settings that a folder reads by `getattr(settings, NAME, default)`."""
    found: set[str] = set()
    for tree in _trees(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
                found.update(_names(node.args[1:2]))
    return found


def _reads(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in {"get", "setdefault", "getenv"} and _is_environment(function.value)
    return isinstance(function, ast.Name) and function.id.startswith("read_")


def _is_helper(call: ast.Call) -> bool:
    """Say whether a function is called with an environment, and so with a name to look up in it."""
    return any(_is_environment(argument) for argument in call.args)


def _is_environment(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in _ENVIRONMENTS


def _elements(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List) else []


def _names(nodes: list[ast.expr]) -> set[str]:
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if _NAME.fullmatch(text)}
