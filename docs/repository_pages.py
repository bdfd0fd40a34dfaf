# SPDX-License-Identifier: Apache-2.0
"""MkDocs hook: the repository's own pages and files, where the documentation links to them.

The README is the home page. A file outside of ``docs/`` that a page links to (a parameter file, a
model card) becomes a page of the site, so the same links work in the repository and here. Each
room of the package gets a page of its API.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
PACKAGE = "unet_perception"
HOME = "README.md"
DOCS = "docs"

_origins: dict[str, str] = {}
"""Path in the repository of each page that does not lie in ``docs/``, by its place in the site."""


def on_config(config: Any) -> Any:
    """Add the pages of the API to the navigation."""
    rooms = [Path(page).stem for page in _api_pages(_repository(config))]
    config.nav.append({"API reference": [{room: f"reference/{room}.md"} for room in rooms]})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the README, the files that pages link to, and the pages of the API."""
    repository = _repository(config)
    _origins.clear()
    waiting = [HOME, *(f"{DOCS}/{file.src_uri}" for file in files.documentation_pages())]
    while waiting:
        origin = waiting.pop()
        place = _place(origin)
        if origin.partition("/")[0] != DOCS and place not in _origins:
            _origins[place] = origin
            text = _page(repository / origin)
            files.append(File.generated(config, place, content=text))
        if origin.endswith(".md"):
            text = (repository / origin).read_text(encoding="utf-8")
            linked = (_target(origin, link) for _, link, _ in LINK.findall(text))
            waiting += [x for x in linked if x and _place(x) not in _origins and _outside(x)]
    for place, text in _api_pages(repository).items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn links between files of the repository into links between pages."""
    place = page.file.src_uri
    origin = _origins.get(place, f"{DOCS}/{place}")

    def moved(match: re.Match[str]) -> str:
        target = _target(origin, match[2])
        if not target:
            return match[0]
        return f"{match[1]}{posixpath.relpath(_place(target), posixpath.dirname(place))}{match[3]}"

    return LINK.sub(moved, markdown)


def _repository(config: Any) -> Path:
    return Path(config.config_file_path).parent


def _target(origin: str, link: str) -> str:
    if ":" in link:
        return ""
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))


def _outside(path: str) -> bool:
    return not path.startswith(f"{DOCS}/")


def _place(path: str) -> str:
    if path == HOME:
        return "index.md"
    if not _outside(path):
        return path.removeprefix(f"{DOCS}/")
    return f"repository/{path}" if path.endswith(".md") else f"repository/{path}.md"


def _page(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    kind = {".rviz": "yaml"}.get(path.suffix, path.suffix.removeprefix(".") or "text")
    return f"# {path.name}\n\n````{kind}\n{text}\n````\n"


def _api_pages(repository: Path) -> dict[str, str]:
    package = repository / PACKAGE
    rooms = [path.parent for path in package.glob("*/__init__.py")]
    files = [path for path in package.glob("*.py") if path.name != "__init__.py"]
    return {f"reference/{path.stem}.md": _api_page(path) for path in sorted(rooms + files)}


def _api_page(path: Path) -> str:
    name = f"{PACKAGE}.{path.stem}"
    if path.is_file():
        return f"# {name}\n\n::: {name}\n"
    # File by file, as a function that a room exports may have the name of its file, and hide it.
    modules = sorted(
        ".".join(file.relative_to(path).with_suffix("").parts)
        for file in path.rglob("*.py")
        if not file.stem.startswith("__")
    )
    parts = [f"# {name}", f"::: {name}\n    options:\n      members: false"]
    parts += [
        f"## {module}\n\n::: {name}.{module}\n    options:\n      heading_level: 3"
        for module in modules
    ]
    return "\n\n".join(parts) + "\n"
