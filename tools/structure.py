"""Measure the structure of the package: `python -m tools.structure [--against CHECKOUT] [--markdown]`.

Prints units, levels, imports, cycles, complexity and more for this checkout, and beside it for
another one, such as a worktree of an older commit. `--details` lists what the rows count, `--list
METRIC` what one row counts, by file and line. Only the standard library is used.
"""

from __future__ import annotations

import argparse
import ast
import functools
import io
import pathlib
import re
import tokenize
from typing import Iterable, Iterator, NamedTuple, Sequence, Union

from tools import wordlist

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
        self.sources = {path: path.read_text(encoding="utf-8") for path in self.paths}
        self.modules = {self.name(path): path for path in self.paths}

    @functools.cached_property
    def trees(self) -> dict[pathlib.Path, ast.Module]:
        """The syntax tree of each file."""
        return {path: ast.parse(text) for path, text in self.sources.items()}

    def name(self, path: pathlib.Path) -> str:
        """Return the dotted name of a file below the package; a folder's `__init__` has the folder's."""
        parts = path.relative_to(self.folder).with_suffix("").parts
        return ".".join(parts).removesuffix(".__init__")

    def imports(self, path: pathlib.Path) -> set[str]:
        """Return the modules of the package that a file imports, anywhere in it."""
        result = set()
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
                result.add(name if name in self.modules else name.rpartition(".")[0] or "__init__")
        return result - {self.name(path)}

    def every_function(self) -> Iterator[tuple[str, Function]]:
        """Yield all functions, methods and closures, each after the place that names it."""
        for name, tree in self.named_trees():
            for node in ast.walk(tree):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield f"{name}:{node.lineno} {node.name}", node

    def named_trees(self) -> Iterator[tuple[str, ast.Module]]:
        """Yield the name and the syntax tree of each module."""
        for name, path in self.modules.items():
            yield name, self.trees[path]

    def classes(self) -> Iterator[tuple[str, ast.ClassDef]]:
        """Yield all classes, wherever they are, each after the place that names it."""
        for name, tree in self.named_trees():
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    yield f"{name}:{node.lineno} {node.name}", node


def _functions(tree: ast.AST) -> Iterator[Function]:
    """Yield the functions and methods in a tree, without closures."""
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
    result: dict[str, int] = {}
    for component in components(edges):
        below = {other for node in component for other in edges.get(node, ())} - component
        level = 1 + max((result[node] for node in below), default=0)
        result.update(dict.fromkeys(component, level))
    return result


def declared_levels(root: pathlib.Path) -> dict[str, int] | None:
    """Return the level table of the architecture test, None in a checkout without one."""
    path = root / "tests" / "test_architecture.py"
    if not path.exists():
        return None
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id == "LEVELS":
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


def complexity(function: Function) -> int:
    """Return the cyclomatic complexity of a function (McCabe, 1976), counted as radon counts it.

    One, and one more for each branch, loop, handler, assertion, comprehension with its conditions,
    and operand of `and` and `or` but the first. Closures count for themselves.

    >>> complexity(ast.parse("def f(x):\\n    return 1 if x and x > 2 else [y for y in x if y]").body[0])
    5
    """
    return 1 + sum(_own_branches(node) for statement in function.body for node in _own(statement))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is in it, but no function."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _own(child)


def _own_branches(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    return int(isinstance(node, _BRANCHES))


def class_complexity(node: ast.ClassDef) -> int:
    """Return the sum of the complexities of the methods of a class."""
    return sum(complexity(function) for function in _functions(node))


def written_annotations(function: Function) -> list[str]:
    """Return the annotations of a signature as text."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    nodes = [a.annotation for a in every if a.annotation is not None]
    nodes += [function.returns] if function.returns is not None else []
    return [ast.unparse(node) for node in nodes]


def grammar_copies(package: Package) -> list[str]:
    """Return the modules with a literal list, tuple, set or dictionary of keys of specs."""
    return [
        package.name(path)
        for path, tree in package.trees.items()
        if any(_listed(node) >= SPEC_KEYS for node in ast.walk(tree))
    ]


def _listed(node: ast.AST) -> set[object]:
    """Return the strings of a literal collection, also those with which its calls begin."""
    items: list[ast.expr | None] = []
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        calls = [item.args[0] for item in node.elts if isinstance(item, ast.Call) and item.args]
        items = [*node.elts, *calls]
    elif isinstance(node, ast.Dict):
        items = [*node.keys]
    return {item.value for item in items if isinstance(item, ast.Constant)}


def grammar_strings(package: Package) -> list[str]:
    """Return the modules with keys of specs in one string, split or used as a pattern."""
    return [
        package.name(path)
        for path, tree in package.trees.items()
        if any(
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and set(re.findall("[a-z]+", node.value.replace("heads?", "heads"))) >= SPEC_KEYS
            and node.value.count(".") <= 2  # not prose
            for node in ast.walk(tree)
        )
    ]


def catalog_classes(package: Package) -> set[str]:
    """Return the names of all layer and operation classes of the catalogue.

    These are the public classes that inherit from `Layer`, and those that a table in a call of
    `define` makes: the first word of each row, in CamelCase.
    """
    folder = next(f for f in CATALOGS if (package.folder / f).is_dir())
    trees = [tree for name, tree in package.named_trees() if unit(name) == folder]
    classes = {
        node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)
    }
    layers = {"Layer"}
    while True:
        more = {name for name, node in classes.items() if layers & _bases(node)} - layers
        if not more:
            break
        layers |= more
    named = {name for name in layers - {"Layer"} if not _is_abstract(classes.get(name))}
    return named | {name for tree in trees for name in _defined(tree)}


def _bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).split("[")[0].rpartition(".")[2] for base in node.bases}


def _is_abstract(node: ast.ClassDef | None) -> bool:
    keywords = [keyword.arg for keyword in node.keywords] if node is not None else ["abstract"]
    return "abstract" in keywords or (node is not None and node.name.startswith("_"))


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield the classes that are made of tables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "define":
            for table in node.args:
                if isinstance(table, ast.Constant) and "\n" in str(table.value):
                    for row in str(table.value).strip().splitlines():
                        name = row.split()[0].split(",")[0]
                        yield "".join(word.capitalize() for word in name.split("_"))


def named_elsewhere(package: Package) -> dict[str, set[str]]:
    """Return the classes of the catalogue that files outside of it name, with these files.

    Named by an import, an attribute or a string of names; not in the applications, which are
    made of layers.
    """
    classes = catalog_classes(package)
    users: dict[str, set[str]] = {}
    for name, tree in package.named_trees():
        if unit(name) in CATALOGS or "applications" in name.split("."):
            continue
        for node in ast.walk(tree):
            for cls in _names(node) & classes:
                users.setdefault(cls, set()).add(name)
    return users


def _names(node: ast.AST) -> set[str]:
    """Return the names that a node imports, reads as an attribute or has in a string of words."""
    if isinstance(node, ast.ImportFrom):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.Attribute):
        return {node.attr} if isinstance(node.value, ast.Name) else set()
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return set(node.value.split()) if re.fullmatch(r"[\w\s]+", node.value) else set()
    return set()


def raises(function: Function) -> bool:
    """Whether a function raises an exception itself, not only in a closure.

    Failed assertions do not count, nor methods that subclasses must override.
    """
    return any(
        isinstance(node, ast.Raise)
        and node.exc is not None
        and not ast.unparse(node.exc).startswith(("AssertionError", "NotImplementedError"))
        for statement in function.body
        for node in _own(statement)
    )


def prose_lines(package: Package) -> tuple[int, int, int]:
    """Return the numbers of physical lines, source lines, and lines of comments and docstrings."""
    physical = source = prose = 0
    for path, text in package.sources.items():
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


def inner_imports(package: Package) -> list[tuple[str, bool]]:
    """Return the place of each import inside of a function, and whether it has its reason."""
    result = []
    for name, tree in package.named_trees():
        lines = package.sources[package.modules[name]].splitlines()
        for function in _functions(tree):
            for node in ast.walk(function):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    text = " ".join(lines[node.lineno - 1 : node.end_lineno])
                    is_marked = "# start-up" in text or "# optional" in text
                    result.append((f"{name}:{node.lineno}", is_marked))
    return result


def listed_words(package: Package) -> tuple[int, int]:
    """Return how many words and identifiers of `tools/wordlist.txt` the package has."""
    counts = [0, 0]
    for is_identifier in (False, True):
        known = [word for word in wordlist.words() if word.is_identifier is is_identifier]
        for text in package.sources.values():
            counts[is_identifier] += sum(1 for _ in wordlist.search(text, ".py", known))
    return counts[0], counts[1]


class Row(NamedTuple):
    """A row of the table, and what it counts, for those who want to change it."""

    label: str
    value: str
    goal: str = ""
    details: Sequence[str] = ()


def measure(root: pathlib.Path) -> list[Row]:
    """Return the rows of the table for a checkout."""
    package = Package(root)
    return [
        *_import_rows(package),
        *_function_rows(package),
        *_fact_rows(package),
        *_inner_import_rows(package),
        *_text_rows(package),
    ]


def _import_rows(package: Package) -> list[Row]:
    edges = unit_graph(package)
    declared = declared_levels(package.root)
    table = declared or levels(edges)
    pairs = {(a, b) for a, others in edges.items() for b in others}
    upward = [f"{a} -> {b}" for a, b in sorted(pairs) if table.get(b, 0) >= table.get(a, 0)]
    cycles = [" ".join(sorted(c)) for c in components(edges) if len(c) > 1]
    file_edges = {name: package.imports(path) for name, path in package.modules.items()}
    file_cycles = [" ".join(sorted(c)) for c in components(file_edges) if len(c) > 1]
    homes: dict[str, list[str]] = {}
    for path in package.paths:
        homes.setdefault(path.stem, []).append(str(path.relative_to(package.folder)))
    twice = {stem: paths for stem, paths in homes.items() if len(paths) > 1 and stem != "__init__"}
    return [
        Row("units", str(len(edges)), "14"),
        Row("levels", str(max(table.get(name, 0) for name in edges)), "8"),
        Row("imports between units", str(len(pairs)), "56"),
        Row(
            "of them upward", str(len(upward)) if declared else "-", "0", upward if declared else ()
        ),
        Row("cycles of units", str(len(cycles)), "0", cycles),
        Row("cycles of files", str(len(file_cycles)), "0", file_cycles),
        Row("modules directly in mergecli/", str(len(list(package.folder.glob("*.py")))), "3"),
        Row(
            "file names used more than once",
            str(len(twice)),
            "≤ 6",
            [f"{stem}: {', '.join(paths)}" for stem, paths in sorted(twice.items())],
        ),
    ]


def _function_rows(package: Package) -> list[Row]:
    scores = sorted(complexities(package), reverse=True)
    sizes = [
        (class_complexity(node), (node.end_lineno or 0) - node.lineno + 1, place)
        for place, node in package.classes()
    ]
    sizes.sort(reverse=True)
    signatures = [
        (place, " ".join(written_annotations(function)))
        for place, function in package.every_function()
    ]
    with_any = [place for place, text in signatures if re.search(r"\bAny\b", text)]
    with_dict = [place for place, text in signatures if re.search(r"[dD]ict\[str, Any\]", text)]
    return [
        Row(
            "functions with complexity > 20",
            str(sum(s > 20 for s, _ in scores)),
            "≤ 10",
            [f"{score} {place}" for score, place in scores if score > 20],
        ),
        Row(
            "functions with complexity > 15",
            str(sum(s > 15 for s, _ in scores)),
            "≤ 50",
            [f"{score} {place}" for score, place in scores if score > 15],
        ),
        Row("largest complexity", str(scores[0][0] if scores else 0)),
        Row(
            "largest class: complexity / lines",
            f"{sizes[0][0]} / {sizes[0][1]}",
            "≤ 100 / 250",
            [f"{score} / {size} {place}" for score, size, place in sizes if score > 100],
        ),
        Row("signatures", str(len(signatures))),
        Row("of them with `Any`", str(len(with_any)), "≤ 200", with_any),
        Row("of them with `dict[str, Any]`", str(len(with_dict)), "≤ 40", with_dict),
    ]


def _fact_rows(package: Package) -> list[Row]:
    users = named_elsewhere(package)
    copies, strings = grammar_copies(package), grammar_strings(package)
    return [
        Row(
            "catalogue classes named elsewhere",
            f"{len(users)} of {len(catalog_classes(package))}",
            "≤ 15",
            [f"{cls}: {', '.join(sorted(names))}" for cls, names in sorted(users.items())],
        ),
        Row("copies of the grammar", str(len(copies)), "1", copies),
        Row("copies of it in strings", str(len(strings)), "0", strings),
    ]


def _inner_import_rows(package: Package) -> list[Row]:
    inner = inner_imports(package)
    unmarked = [place for place, is_marked in inner if not is_marked]
    raising = [
        (name, function)
        for name, tree in package.named_trees()
        for function in _functions(tree)
        if not function.name.startswith("_") and raises(function)
    ]
    silent = [
        f"{name}:{function.lineno} {function.name}"
        for name, function in raising
        if "Raises:" not in (ast.get_docstring(function) or "")
    ]
    return [
        Row("imports inside functions", str(len(inner)), "≤ 120", [place for place, _ in inner]),
        Row("of them with the reason", str(len(inner) - len(unmarked)), "all", unmarked),
        Row("public functions that raise", str(len(raising))),
        Row("of them with `Raises:`", str(len(raising) - len(silent)), "all", silent),
    ]


def _text_rows(package: Package) -> list[Row]:
    physical, source, prose = prose_lines(package)
    words, identifiers = listed_words(package)
    share = prose / (prose + source) if prose + source else 0
    return [
        Row("physical lines", f"{physical:,}", "30,500"),
        Row("source lines", f"{source:,}", "21,000"),
        Row("share of comments and docstrings", f"{share:.0%}", "≥ 15 %"),
        Row("words of the word list", str(words), "0"),
        Row("identifiers of the word list", str(identifiers)),
    ]


def complexities(package: Package) -> list[tuple[int, str]]:
    """Return the complexity and the place of each function that is not a closure."""
    return [
        (complexity(function), f"{name}:{function.lineno} {function.name}")
        for name, tree in package.named_trees()
        for function in _functions(tree)
    ]


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
    parser.add_argument("--details", action="store_true", help="list what the rows count")
    parser.add_argument("--list", metavar="METRIC", help="list what rows with this text count")
    parser.add_argument("--worst", type=int, default=0, help="list the N most complex functions")
    options = parser.parse_args()
    now = measure(ROOT)
    if options.list:
        for row in now:
            if options.list in row.label:
                print("\n".join(row.details))
        return
    before = measure(options.against.resolve()) if options.against else []
    table = [["", *(["before"] if before else []), "now", "goal"]]
    for number, row in enumerate(now):
        other = [before[number].value] if before else []
        table.append([row.label, *other, row.value, row.goal])
    print(render(table, options.markdown))
    for row in now if options.details else ():
        if row.details:
            print(f"\n{row.label}\n" + "\n".join(f"  {line}" for line in row.details))
    if options.worst:
        for score, place in sorted(complexities(Package(ROOT)), reverse=True)[: options.worst]:
            print(f"{score:4} {place}")


if __name__ == "__main__":
    main()
