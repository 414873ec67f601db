"""The checks of the project, each as one command: `nox -s lint types test keras docs site vscode release`.

`nox` alone runs those that need no Keras. CI runs the same sessions.
"""

from __future__ import annotations

import pathlib
import shutil

import nox

#: The older versions of Keras for which specs are checked and built.
OLDER = ["3.8", "3.10", "3.12", "3.13", "3.14"]
#: The package that each version of the session `keras` installs.
PACKAGES = {
    **{version: f"keras=={version}.*" for version in OLDER},
    "newest": "keras",
    "nightly": "keras-nightly",
}
#: The backends of Keras with which specs are built.
BACKENDS = ["tensorflow", "jax", "torch"]
#: What is run with another version than the newest.
VERSION_TESTS = [
    "tests/keras/test_versions.py",
    "tests/catalog/test_signatures.py",
    "tests/runtime/test_build.py",
    "tests/importers/test_hostile_models.py",
]
#: oneDNN's convolutions of bfloat16 crash the process with some versions of TensorFlow, before Keras or
#: mergecli can see an error.
ONE_DNN = {"TF_ENABLE_ONEDNN_OPTS": "0"}

nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "test", "docs"]


@nox.session
def lint(session: nox.Session) -> None:
    """Check code style, formatting, workflows and the project's own specs."""
    session.install("ruff", "zizmor", "-e", ".")
    session.run("zizmor", "--offline", "--quiet", ".")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mergecli", "validate", "--strict", "specs")
    session.run("mergecli", "fmt", "--check", "specs")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, with `mypy --strict`."""
    # Types of NumPy are known to mypy; those of Keras are not asked for.
    session.install("mypy", "types-PyYAML", "numpy", "-e", ".[lsp]")
    session.run("mypy")


@nox.session(python=["3.10", "3.12", "3.13"])
def test(session: nox.Session) -> None:
    """Run the fast tests; arguments after `--` are passed to pytest."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
@nox.parametrize("package", list(PACKAGES.values()), ids=list(PACKAGES))
def keras(session: nox.Session, package: str) -> None:
    """Run the tests that compare with Keras, for the newest or for another version: `nox -s "keras(3.10)"`.

    Another version builds the specs and the documentation, its saved models are imported, and random
    models are judged as it judges them. What `nightly` does otherwise is to be learned early.
    """
    session.install("-e", ".[test]", package if package != "keras-nightly" else "keras")
    if package == "keras-nightly":
        # Its files are those of the package `keras`, which must not be there, too.
        session.run("python", "-m", "pip", "uninstall", "--yes", "keras", silent=True)
        session.install("--pre", "--no-deps", "--force-reinstall", package)
    paths = [] if package == "keras" else VERSION_TESTS
    arguments = session.posargs or ["-m", "keras and not slow and not browser", *paths]
    session.run("pytest", *arguments, env=ONE_DNN)


@nox.session
def models(session: nox.Session) -> None:
    """Judge random models with mergecli and Keras; after `--` come `--seed` and `--count`, or `--each`."""
    session.install("-e", ".[test]", "keras")
    session.run("python", "tools/fuzz.py", *session.posargs)


@nox.session
@nox.parametrize("backend", BACKENDS, ids=BACKENDS)
def backends(session: nox.Session, backend: str) -> None:
    """Build, save and verify specs where only one backend is installed: `nox -s "backends(jax)"`.

    For PyTorch without CUDA, set `PIP_EXTRA_INDEX_URL` to the index of its CPU builds.
    """
    exporters = {"tensorflow": ["tf2onnx"], "jax": ["jax2onnx"], "torch": ["onnxscript"]}[backend]
    session.install("-e", f".[{backend}]", "onnx", "onnxruntime", *exporters)
    session.install("pytest", "pytest-xdist", "hypothesis")
    names = (
        "cells",
        "initializers",
        "layers_when_run",
        "masks",
        "operation_dtypes",
        "regularizers",
    )
    tests = [f"tests/keras/test_{name}.py" for name in names]
    tests += [
        "tests/runtime/test_backends.py",
        "tests/catalog/test_accepted_dtypes.py",
        "tests/catalog/operations/test_when_run.py",
    ]
    session.run("pytest", "-m", "keras", *tests, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Write the generated parts of code and documentation, and test the documentation."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "tools.docs")
    session.run("python", "-m", "tools.wordlist")
    session.run("pytest", "tests/test_docs.py", "tests/test_generated.py")


@nox.session
def site(session: nox.Session) -> None:
    """Build the documentation site into `site/`, with its playground where there is npm; a broken link or an unlisted page fails."""
    session.install(
        "mkdocs<2", "mkdocs-material", "mkdocstrings[python]", "ruff", "ttf-opensans", "-e", "."
    )
    if shutil.which("npm"):
        session.run("python", "-m", "tools.playground")
    session.run("mkdocs", "build", "--strict", *session.posargs, env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def vscode(session: nox.Session) -> None:
    """Check, test and package the extension for VS Code; needs Node.js 20."""
    session.install("-e", ".[lsp]")
    session.chdir("editors/vscode")
    for command in (["ci"], ["run", "check"], ["test"], ["run", "package"]):
        session.run("npm", *command, external=True)


@nox.session
def release(session: nox.Session) -> None:
    """Build and check the distributions; after `--` the tag of a release, which is checked too."""
    session.install("build", "twine", "check-wheel-contents", "pyroma")
    if session.posargs:
        session.run("python", "-m", "tools.release", *session.posargs)
    session.run("python", "-c", "import shutil; shutil.rmtree('dist', ignore_errors=True)")
    session.run("python", "-m", "build")
    built = sorted(map(str, pathlib.Path("dist").iterdir()))
    session.run("twine", "check", "--strict", *built)
    wheel = next(name for name in built if name.endswith(".whl"))
    session.run("check-wheel-contents", wheel)
    session.run("pyroma", "--min", "10", ".")
    # The wheel must work on its own, with all its pages and files.
    session.install(wheel)
    session.run("mergecli", "validate", "--strict", "specs")
    session.run("mergecli", "explain", "concat-shape", silent=True)
