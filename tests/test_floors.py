"""The floors hold, by the syntax trees: imports go down only, the core is pure, nothing hides inside a function."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "amparo_notify"

FLOORS = (
    {"core"},
    {"store", "channels", "pki", "seal"},
    {"cases"},
    {"config", "logs", "bootstrap"},
    {"demo"},
    {"web", "worker", "watchdog"},
    {"cli", "__main__"},
)
"""From the ground up. Files at the top of the package count as packages of one file."""

NEIGHBOURS = FLOORS[1]
"""Adapters never import one another; on other floors neighbours may."""

LEVEL = {name: level for level, floor in enumerate(FLOORS) for name in floor}
DOORS = LEVEL["bootstrap"]
"""From here up the clock may be read; below it, time is an argument."""

IMPURE = {
    "io",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
    "time",
}
IMPURE |= {"uuid", "urllib", "http", "asyncio", "logging", "shutil", "multiprocessing", "ssl"}

FILES = sorted(PACKAGE.rglob("*.py"))


def _name(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Each imported module's full name with its line. `from amparo_notify import store` is a module of ours too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = (
                [f"{module}.{each.name}" for each in node.names] if module == "amparo_notify" else [module]
            )
            yield from ((node.lineno, "." * node.level + name) for name in names)


def _upward(here: str, tree: ast.Module) -> Iterator[str]:
    for line, module in _imports(tree):
        if module.startswith("."):
            yield f"line {line} imports relatively"
        if not module.startswith("amparo_notify."):
            continue
        there = module.split(".")[1]
        if there not in LEVEL:
            continue  # a name such as __version__
        up, across = LEVEL[there] > LEVEL[here], there != here and {here, there} <= NEIGHBOURS
        if up or across:
            yield f"line {line}: {here} imports {module}"


def _inside_functions(tree: ast.Module) -> Iterator[int]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from (
                node.lineno for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)
            )


def _globals(tree: ast.Module) -> Iterator[int]:
    return (node.lineno for node in ast.walk(tree) if isinstance(node, ast.Global))


def _clocks(tree: ast.Module) -> Iterator[int]:
    """Lines that read the wall clock."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            call = ast.unparse(node.func)
            if (
                call.endswith(("datetime.now", "datetime.utcnow", "date.today", "datetime.today"))
                or call == "time.time"
            ):
                yield node.lineno


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_down_only(file: Path) -> None:
    assert not list(_upward(_name(file), _tree(file)))


def test_every_part_of_the_package_has_a_floor() -> None:
    assert {_name(file) for file in FILES} - {"__init__"} <= LEVEL.keys()


def test_the_core_imports_the_standard_library_alone_and_nothing_impure() -> None:
    allowed = sys.stdlib_module_names - IMPURE | {"amparo_notify"}
    foreign = {
        f"{file.name}:{line} {module}"
        for file in FILES
        if _name(file) == "core"
        for line, module in _imports(_tree(file))
        if module.split(".")[0] not in allowed
    }
    assert not foreign


def test_nothing_is_imported_inside_a_function() -> None:
    assert not [
        f"{file.relative_to(PACKAGE)}:{line}" for file in FILES for line in _inside_functions(_tree(file))
    ]


def test_no_function_changes_a_global() -> None:
    assert not [f"{file.relative_to(PACKAGE)}:{line}" for file in FILES for line in _globals(_tree(file))]


def test_below_the_doors_nobody_reads_the_clock() -> None:
    below = [file for file in FILES if LEVEL.get(_name(file), DOORS) < DOORS]
    assert not [f"{file.relative_to(PACKAGE)}:{line}" for file in below for line in _clocks(_tree(file))]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("from amparo_notify.cases import submit", True),
        ("from amparo_notify import cases", True),
        ("from amparo_notify.seal.jws import JwsSealer", True),
        ("import amparo_notify.web.court", True),
        ("from .tables import log", True),
        ("from amparo_notify.core.notice import Status", False),
        ("from amparo_notify.store.tables import log", False),
    ],
)
def test_an_import_that_goes_up_or_across_is_found(source: str, fault: bool) -> None:
    assert bool(list(_upward("store", ast.parse(source)))) is fault


@pytest.mark.parametrize(
    "source", ["def f():\n  import os", "class C:\n  async def f(self):\n    from os import path"]
)
def test_an_import_inside_a_function_is_found(source: str) -> None:
    assert list(_inside_functions(ast.parse(source)))
