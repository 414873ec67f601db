"""Measure the structure of the package: `python -m tools.structure [--against CHECKOUT] [--markdown]`.

Prints units, levels, imports, cycles, complexity and more for this checkout, and beside it for
another one, such as a worktree of an older commit. Only the standard library is used.
"""

from __future__ import annotations

import argparse
import ast
import collections
import io
import pathlib
import re
import tokenize
from typing import Iterable, Iterator, NamedTuple, Union

ROOT = pathlib.Path(__file__).resolve().parents[1]
Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]
#: Two keys of specs that only a table of the language has together.
SPEC_KEYS = {"branches", "heads"}
#: Folders of the catalogue, in the layouts that there have been.
CATALOGS = ("catalog", "layers")


class Package:
    """The source files of a package.

    Args:
        root: The checkout that holds `mergecli/`.
    """

    def __init__(self, root: pathlib.Path) -> None:
        self.root, self.folder = root, root / "mergecli"
        self.paths = sorted(self.folder.rglob("*.py"))
        self.texts = {path: path.read_text(encoding="utf-8") for path in self.paths}
        self.trees = {path: ast.parse(text) for path, text in self.texts.items()}
        self.modules = {self.name(path): path for path in self.paths}

    def name(self, path: pathlib.Path) -> str:
        """Return the dotted name of a file below the package; a folder's `__init__` has the folder's."""
        parts = path.relative_to(self.folder).with_suffix("").parts
        return ".".join(parts).removesuffix(".__init__")

    def imports(self, path: pathlib.Path) -> set[str]:
        """Return the modules of the package that a file imports, anywhere in it."""
        found = set()
        for node in ast.walk(self.trees[path]):
            names: Iterable[str] = ()
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for full in names:
                top, _, name = full.partition(".")
                if top != "mergecli":
                    continue
                if name not in self.modules:
                    name = name.rpartition(".")[0] or "__init__"
                found.add(name if name in self.modules else name.rpartition(".")[0] or "__init__")
        return found - {self.name(path)}

    def functions(self) -> Iterator[Function]:
        """Yield all functions and methods that are not inside of another function."""
        for tree in self.trees.values():
            yield from _functions(tree)

    def classes(self) -> Iterator[ast.ClassDef]:
        for tree in self.trees.values():
            yield from (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def _functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        else:
            yield from _functions(node)


def unit(module: str) -> str:
    """Return the unit of a module: a file or folder directly in the package."""
    return module.split(".")[0]


def unit_graph(package: Package) -> dict[str, set[str]]:
    """Return for each unit those that it imports."""
    edges: dict[str, set[str]] = {}
    for name, path in package.modules.items():
        others = {unit(other) for other in package.imports(path)}
        edges.setdefault(unit(name), set()).update(others - {unit(name)})
    return edges


def components(edges: dict[str, set[str]]) -> list[set[str]]:
    """Return the strongly connected components of a graph (Tarjan, 1972), those below others first."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    result: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(edges.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            component = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            result.append(set(component))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return result


def levels(edges: dict[str, set[str]]) -> dict[str, int]:
    """Return the level of each node: one more than the highest that it imports; cycles share theirs."""
    found: dict[str, int] = {}
    for component in components(edges):
        below = {other for node in component for other in edges.get(node, ())} - component
        level = 1 + max((found[node] for node in below), default=0)
        found.update(dict.fromkeys(component, level))
    return found


def declared_levels(root: pathlib.Path) -> dict[str, int] | None:
    """Return the level table of the architecture test, None in a checkout without one."""
    path = root / "tests" / "test_architecture.py"
    if not path.exists():
        return None
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "LEVELS":
            table: dict[str, int] = ast.literal_eval(node.value)
            return table
    return None


_BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.Assert,
    ast.match_case,
)


def complexity(function: ast.AST) -> int:
    """Return the cyclomatic complexity of a function, closures included (McCabe, 1976).

    One, and one more for each branch, loop, handler, assertion, comprehension with its conditions,
    and operand of `and` and `or` but the first.

    >>> complexity(ast.parse("def f(x):\\n    return 1 if x and x > 2 else [y for y in x if y]").body[0])
    5
    """
    count = 1
    for node in ast.walk(function):
        if isinstance(node, _BRANCHES):
            count += 1
        elif isinstance(node, ast.BoolOp):
            count += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            count += 1 + len(node.ifs)
    return count


def annotations(function: Function) -> list[str]:
    """Return the annotations of a signature as text."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    nodes = [a.annotation for a in every if a.annotation is not None]
    nodes += [function.returns] if function.returns is not None else []
    return [ast.unparse(node) for node in nodes]


def grammar_copies(package: Package) -> list[str]:
    """Return the modules with a literal collection of keys of specs, or a pattern of them."""
    found = []
    for name, path in package.modules.items():
        for node in ast.walk(package.trees[path]):
            strings: set[object] = set()
            if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
                strings = {e.value for e in node.elts if isinstance(e, ast.Constant)}
                strings |= {
                    argument.value
                    for e in node.elts
                    if isinstance(e, ast.Call)
                    for argument in e.args[:1]
                    if isinstance(argument, ast.Constant)
                }
            elif isinstance(node, ast.Dict):
                strings = {k.value for k in node.keys if isinstance(k, ast.Constant)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                is_prose = node.value.count(".") > 2
                keys = re.findall(r"[a-z]+", node.value.replace("heads?", "heads"))
                strings = set() if is_prose else set(keys)
            if strings >= SPEC_KEYS:
                found.append(name)
                break
    return found


def catalog_classes(package: Package) -> set[str]:
    """Return the names of all layer and operation classes of the catalogue."""
    folder = next(f for f in CATALOGS if (package.folder / f).is_dir())
    homes = [package.folder / folder / part for part in ("layers", "operations")]
    homes = [home for home in homes if home.is_dir()] or [package.folder / folder]
    found = set()
    for path, tree in package.trees.items():
        if any(path.is_relative_to(home) for home in homes):
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not _is_abstract(node):
                    found.add(node.name)
    return found


def _is_abstract(node: ast.ClassDef) -> bool:
    return any(keyword.arg == "abstract" for keyword in node.keywords) or node.name.startswith("_")


def named_elsewhere(package: Package) -> set[str]:
    """Return the classes of the catalogue that files outside of it name, by import or as a string."""
    classes = catalog_classes(package)
    found = set()
    for name, path in package.modules.items():
        if unit(name) in CATALOGS or "applications" in name.split("."):
            continue
        for node in ast.walk(package.trees[path]):
            if isinstance(node, ast.ImportFrom):
                found |= {alias.name for alias in node.names} & classes
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                is_list = bool(re.fullmatch(r"[\w\s]+", node.value))
                found |= (set(node.value.split()) if is_list else {node.value}) & classes
    return found


def raises(function: Function) -> bool:
    """Whether a function raises an exception itself, not only in a closure."""
    stack: list[ast.AST] = list(ast.iter_child_nodes(function))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Raise) and node.exc is not None:
            return not ast.unparse(node.exc).startswith("AssertionError")
        if not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.Try)):
            stack += ast.iter_child_nodes(node)
    return False


def prose_lines(package: Package) -> tuple[int, int, int]:
    """Return the numbers of physical lines, source lines, and lines of comments and docstrings."""
    physical = source = prose = 0
    for path, text in package.texts.items():
        lines = text.splitlines()
        physical += len(lines)
        said: set[int] = set()
        for node in ast.walk(package.trees[path]):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                first = node.body[0] if node.body else None
                if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                    said |= set(range(first.lineno, (first.end_lineno or 0) + 1))
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
                said.add(token.start[0])
        filled = {number for number, line in enumerate(lines, 1) if line.strip()}
        prose += len(said & filled)
        source += len(filled - said)
    return physical, source, prose


class Row(NamedTuple):
    """A row of the table."""

    label: str
    value: str
    goal: str


def inner_imports(package: Package) -> tuple[int, int]:
    """Return the number of imports inside of functions, and how many say why."""
    count = marked = 0
    for path, tree in package.trees.items():
        lines = package.texts[path].splitlines()
        for function in _functions(tree):
            for node in ast.walk(function):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    count += 1
                    text = " ".join(lines[node.lineno - 1 : node.end_lineno])
                    marked += "# start-up" in text or "# optional" in text
    return count, marked


def measure(root: pathlib.Path) -> list[Row]:
    """Return the rows of the table for a checkout."""
    package = Package(root)
    edges = unit_graph(package)
    declared = declared_levels(root)
    table = declared or levels(edges)
    pairs = {(a, b) for a, others in edges.items() for b in others}
    upward = sum(table.get(b, 0) >= table.get(a, 0) for a, b in pairs)
    cycles = [c for c in components(edges) if len(c) > 1]
    file_edges = {name: package.imports(path) for name, path in package.modules.items()}
    file_cycles = [c for c in components(file_edges) if len(c) > 1]
    stems = collections.Counter(path.stem for path in package.paths if path.stem != "__init__")
    functions = list(package.functions())
    scores = [complexity(function) for function in functions]
    largest = max(
        package.classes(), key=lambda c: sum(complexity(f) for f in c.body if _is_function(f))
    )
    size = (largest.end_lineno or 0) - largest.lineno + 1
    weight = sum(complexity(f) for f in largest.body if _is_function(f))
    signatures = [annotations(function) for function in functions]
    with_any = sum(any(re.search(r"\bAny\b", a) for a in s) for s in signatures)
    with_dict = sum(any(re.search(r"[dD]ict\[str, Any\]", a) for a in s) for s in signatures)
    raising = [f for f in functions if not f.name.startswith("_") and raises(f)]
    documented = sum("Raises:" in (ast.get_docstring(f) or "") for f in raising)
    inner, marked = inner_imports(package)
    physical, source, prose = prose_lines(package)
    share = prose / (prose + source)
    classes = catalog_classes(package)
    return [
        Row("units", str(len(edges)), "13"),
        Row("levels", str(max(table[name] for name in edges)), "8"),
        Row("imports between units", str(len(pairs)), "53"),
        Row("of them upward", str(upward) if declared else "-", "0"),
        Row("cycles of units", str(len(cycles)), "0"),
        Row("cycles of files", str(len(file_cycles)), "0"),
        Row("modules directly in mergecli/", str(len(list(package.folder.glob("*.py")))), "2"),
        Row("file names used more than once", str(sum(n > 1 for n in stems.values())), "≤ 6"),
        Row("functions with complexity > 20", str(sum(s > 20 for s in scores)), "≤ 10"),
        Row("functions with complexity > 15", str(sum(s > 15 for s in scores)), "≤ 50"),
        Row("largest complexity", str(max(scores)), ""),
        Row("largest class: complexity / lines", f"{weight} / {size}", "≤ 100 / 250"),
        Row("functions", str(len(functions)), ""),
        Row("signatures with `Any`", str(with_any), "≤ 200"),
        Row("signatures with `dict[str, Any]`", str(with_dict), "≤ 40"),
        Row(
            "catalogue classes named elsewhere",
            f"{len(named_elsewhere(package))} of {len(classes)}",
            "≤ 15",
        ),
        Row("copies of the grammar", str(len(grammar_copies(package))), "1"),
        Row("imports inside functions", str(inner), "≤ 120"),
        Row("of them marked with the reason", str(marked), "all"),
        Row("public functions that raise", str(len(raising)), ""),
        Row("of them with `Raises:`", str(documented), "all"),
        Row("physical lines", f"{physical:,}", "30,500"),
        Row("source lines", f"{source:,}", "21,000"),
        Row("share of comments and docstrings", f"{share:.0%}", "≥ 15 %"),
    ]


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def render(columns: list[list[str]], markdown: bool) -> str:
    """Return rows as an aligned table, or one of Markdown."""
    widths = [max(len(row[i]) for row in columns) for i in range(len(columns[0]))]
    lines = []
    for number, row in enumerate(columns):
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        lines.append(f"| {' | '.join(cells)} |" if markdown else "  ".join(cells).rstrip())
        if number == 0 and markdown:
            lines.append("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--against", type=pathlib.Path, help="another checkout, shown as before")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument(
        "--worst", type=int, default=0, help="also list the N most complex functions"
    )
    options = parser.parse_args()
    now = measure(ROOT)
    table = [["", *(["before"] if options.against else []), "now", "goal"]]
    before = measure(options.against.resolve()) if options.against else []
    for number, row in enumerate(now):
        other = [before[number].value] if before else []
        table.append([row.label, *other, row.value, row.goal])
    print(render(table, options.markdown))
    if options.worst:
        package = Package(ROOT)
        found = [
            (complexity(function), f"{package.name(path)}:{function.lineno} {function.name}")
            for path, tree in package.trees.items()
            for function in _functions(tree)
        ]
        for score, place in sorted(found, reverse=True)[: options.worst]:
            print(f"{score:4} {place}")


if __name__ == "__main__":
    main()
