"""Python's floors: the namespace uses only the underscore modules, and nothing imports `main`."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "python" / "gregaria"

#: `__main__` is the command's first words and hands over to the story of a run.
MAY_IMPORT_MAIN = {"__main__.py"}


def imported(path: Path) -> Iterator[str]:
    """Absolute names of the modules and of the names that a file imports, also inside functions."""
    inside = ["gregaria", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def files(folder: Path) -> list[Path]:
    """Our modules: the locustfiles that the package brings along are not among them."""
    return sorted(path for path in folder.rglob("*.py") if path.parent.name != "_examples")


def test_the_namespace_imports_only_underscore_modules_of_gregaria() -> None:
    for path in files(PACKAGE / "locust"):
        for name in imported(path):
            parts = name.split(".")
            if parts[0] != "gregaria" or len(parts) == 1 or parts[1] == "locust":
                continue
            assert parts[1].startswith("_"), f"{path.relative_to(PACKAGE)} imports `{name}`"


def test_the_namespace_never_imports_locust_by_its_alias() -> None:
    for path in files(PACKAGE):
        for name in imported(path):
            assert name.split(".")[0] != "locust", f"{path.relative_to(PACKAGE)} imports `{name}`"


def test_nothing_imports_main() -> None:
    for path in files(PACKAGE):
        if path.name in MAY_IMPORT_MAIN:
            continue
        for name in imported(path):
            assert not (name + ".").startswith("gregaria.main."), (
                f"{path.relative_to(PACKAGE)} imports `{name}`"
            )


def test_only_the_border_and_the_hub_name_the_native_module_from_afar() -> None:
    for path in files(PACKAGE):
        for name in imported(path):
            assert not name.startswith("gregaria_native"), (
                f"{path.relative_to(PACKAGE)}: the module is `gregaria._native`"
            )
