"""`python -m tools.playground`: build what the playground of the documentation loads, into `docs/playground/dist`.

The site loads nothing from elsewhere: Python for browsers and Graphviz come from npm, in the versions of the lock file; mergecli,
PyYAML and the font of pictures are packed from this checkout and this environment. It needs `npm`.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import pathlib
import shutil
import subprocess
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCE = ROOT / "docs" / "playground"
#: The files of npm packages that the site loads, by their names in it.
FILES = {
    "pyodide.mjs": "pyodide/pyodide.mjs",
    "pyodide.asm.mjs": "pyodide/pyodide.asm.mjs",
    "pyodide.asm.wasm": "pyodide/pyodide.asm.wasm",
    "pyodide-lock.json": "pyodide/pyodide-lock.json",
    "python_stdlib.zip": "pyodide/python_stdlib.zip",
    "viz.js": "@viz-js/viz/dist/viz.js",
    # Not for the playground, but for the search of a site that is opened from a disk.
    "iframe-worker.js": "iframe-worker/shim/index.js",
}
#: Parts of mergecli that need a terminal, Keras or an editor.
LEFT_OUT = ("cli", "lsp", "runtime", "__main__.py")
#: Packages of the environment, and which of their files are packed: the fonts for the widths of characters.
PACKAGES = {
    "yaml": ["*.py"],
    "ttf_opensans": ["*.py", "OpenSans-Regular.ttf", "OpenSans-Bold.ttf"],
}


def build(target: pathlib.Path) -> None:
    """Build everything into a folder, in place of what is there.

    Args:
        target: The folder.

    Raises:
        FileNotFoundError: npm is not installed.
        subprocess.CalledProcessError: npm fails.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed: the playground is built with Node.js")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        # Not in `docs`, all of whose files are part of the site.
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, folder)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=folder, check=True)
        for name, source in FILES.items():
            shutil.copyfile(pathlib.Path(folder, "node_modules", source), target / name)
    (target / "python.zip").write_bytes(archive())
    specs = sorted((ROOT / "specs").glob("*.yaml"))
    examples = {path.stem: path.read_text(encoding="utf-8") for path in specs}
    (target / "examples.json").write_text(json.dumps(examples), encoding="utf-8")


def archive() -> bytes:
    """Return the archive of all Python code, the same bytes for the same code."""
    files: dict[str, pathlib.Path] = {"driver.py": SOURCE / "driver.py"}
    package = ROOT / "mergecli"
    for path in package.rglob("*"):
        inner = path.relative_to(package)
        if path.is_file() and path.suffix != ".pyc" and inner.parts[0] not in LEFT_OUT:
            files[f"mergecli/{inner.as_posix()}"] = path
    for name, patterns in PACKAGES.items():
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None, f"{name} is not installed"
        folder = pathlib.Path(spec.origin).parent
        for path in (path for pattern in patterns for path in folder.rglob(pattern)):
            files[f"{name}/{path.relative_to(folder).as_posix()}"] = path
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for inner_name in sorted(files):
            # Without times, which differ in each checkout.
            packed.writestr(
                zipfile.ZipInfo(inner_name), files[inner_name].read_bytes(), zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()


def main() -> None:
    """Build into `docs/playground/dist`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    target = SOURCE / "dist"
    build(target)
    size = sum(path.stat().st_size for path in target.iterdir())
    print(f"{target.relative_to(ROOT)}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
