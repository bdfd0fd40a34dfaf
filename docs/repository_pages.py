# SPDX-License-Identifier: Apache-2.0
"""MkDocs hook: the repository's own pages and files, where the documentation links to them.

The README is the home page. A file outside of ``docs/`` that a page links to (a parameter file, a
model card) becomes a page of the site, so the same links work in the repository and here. Each
public module, as public.md lists them, gets a page of its API.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from public import PAGE, exported, public_modules, source_of

LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
HOME = "README.md"
DOCS = "docs"

_origins: dict[str, str] = {}
"""Path in the repository of each page that does not lie in ``docs/``, by its place in the site."""


def on_config(config: Any) -> Any:
    """Add the pages of the API to the navigation."""
    modules = public_modules(PAGE.read_text(encoding="utf-8"))
    config.nav.append({"API reference": [{name: _api_place(name)} for name in modules]})
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
    modules = public_modules(PAGE.read_text(encoding="utf-8"))
    return {_api_place(module): _api_page(module, repository) for module in modules}


def _api_place(module: str) -> str:
    return f"reference/{module.partition('.')[2]}.md"


def _api_page(module: str, repository: Path) -> str:
    source = source_of(module, repository)
    if source.stem != "__init__":
        return f"# {module}\n\n::: {module}\n"
    # By where they come from: a function that a package exports may have the name of its file.
    parts = [f"# {module}", f"::: {module}\n    options:\n      members: false"]
    parts += [
        f"::: {origin}.{name}\n    options:\n      show_root_heading: true\n"
        "      show_root_full_path: false"
        for name, origin in exported(source).items()
    ]
    return "\n\n".join(parts) + "\n"
