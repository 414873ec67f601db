"""PyYAML's parser, its events and errors; the only module that imports PyYAML.

`import yaml` compiles regular expressions for a reader that the C parser of libyaml does not use,
which takes longer than the check of a small spec. So only the modules that the C parser needs are
loaded; the package `yaml` loads the others when someone asks it for a name.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    from mergecli.syntax.yaml_tree import Mark

    class ParserEvent(Protocol):
        """An event of the parser; each of its classes has some of these attributes."""

        start_mark: Mark
        end_mark: Mark
        anchor: str | None
        tag: str | None
        value: str
        implicit: tuple[bool, bool]
        style: str | None
        flow_style: bool | None
        explicit: bool

    class Parser(Protocol):
        def get_event(self) -> ParserEvent: ...

    class Readable(Protocol):
        """A text that the parser reads as a file, whose name its marks have."""

        name: str

        def read(self, count: int) -> str: ...


#: The modules of PyYAML from which the C parser only needs the class of an error.
_ERRORS = {
    "reader": "ReaderError",
    "scanner": "ScannerError",
    "parser": "ParserError",
    "composer": "ComposerError",
    "constructor": "ConstructorError",
    "emitter": "EmitterError",
    "serializer": "SerializerError",
    "representer": "RepresenterError",
}


def _load_c_parser() -> ModuleType:
    """Return PyYAML's module of the C parser, with no more of the package than that needs.

    Raises:
        ImportError: PyYAML is not an ordinary package, or was built without libyaml.
    """
    spec = find_spec("yaml")
    if spec is None or spec.loader is None or not spec.submodule_search_locations:
        raise ImportError("the package yaml has no folder")
    package = sys.modules["yaml"] = module_from_spec(spec)
    try:
        for name in ("error", "tokens", "events", "nodes"):
            import_module(f"yaml.{name}")
        errors = vars(package)["error"]
        marked, unmarked = errors.MarkedYAMLError, errors.YAMLError
        for name, error in _ERRORS.items():
            base = unmarked if name == "reader" else marked
            setattr(package, name, SimpleNamespace(**{error: type(error, (base,), {})}))
        library = import_module("yaml._yaml")
    except BaseException:
        for name in [name for name in sys.modules if name.partition(".")[0] == "yaml"]:
            del sys.modules[name]
        raise
    for name in _ERRORS:
        delattr(package, name)
    lock = threading.RLock()

    def complete(name: str) -> object:
        """Load the whole package, as someone wants a name of it that is not loaded."""
        with lock:
            if "__getattr__" in vars(package):
                assert spec is not None and spec.loader is not None
                spec.loader.exec_module(package)
                # From now on the C parser raises the errors that the package names.
                for module, error in _ERRORS.items():
                    setattr(library, error, getattr(vars(package)[module], error))
                vars(package).pop("__getattr__", None)
        return getattr(package, name)

    vars(package)["__getattr__"] = complete
    return library


def _c_parser() -> ModuleType | None:
    """Load PyYAML, and return the module of its C parser; None if it has none."""
    if "yaml" not in sys.modules:
        try:
            return _load_c_parser()
        except ImportError:
            pass
    import yaml  # start-up

    return import_module("yaml._yaml") if yaml.__with_libyaml__ else None


# All of these are loaded when the first of them is used, as many commands read no YAML.
#: The module of the C parser; None if PyYAML was built without libyaml.
c_parser: ModuleType | None
AliasEvent: type[ParserEvent]
CollectionEndEvent: type[ParserEvent]
DocumentStartEvent: type[ParserEvent]
MappingEndEvent: type[ParserEvent]
MappingStartEvent: type[ParserEvent]
NodeEvent: type[ParserEvent]
ScalarEvent: type[ParserEvent]
SequenceEndEvent: type[ParserEvent]
SequenceStartEvent: type[ParserEvent]
StreamEndEvent: type[ParserEvent]
YAMLError: type[Exception]
#: An error with a place; the reader's errors about characters have none.
MarkedYAMLError: type[Exception]


def __getattr__(name: str) -> object:
    if name not in __annotations__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    library = _c_parser()
    names = {**vars(import_module("yaml.events")), **vars(import_module("yaml.error"))}
    globals().update({other: names[other] for other in __annotations__ if other in names})
    globals()["c_parser"] = library
    return globals()[name]


def parser(text: str | Readable) -> Parser:
    """Return a parser of a text: that of libyaml, or that of PyYAML if it has no other."""
    # A name that is not loaded yet is looked up only as an attribute of the module.
    library = sys.modules[__name__].c_parser
    if library is not None:
        made: Parser = library.CParser(text)
        return made
    import yaml  # start-up

    return yaml.SafeLoader(text)  # type: ignore[arg-type]
