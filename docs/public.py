# SPDX-License-Identifier: Apache-2.0
"""The public modules: the list in public.md, which the site's API reference shows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "public.md"
ROW = re.compile(r"^\| `(unet_perception[\w.]*)` \|", re.MULTILINE)


def public_modules(page: str) -> list[str]:
    """Return the modules of the page's table, in its order.

    Args:
        page: Text of public.md.
    """
    return ROW.findall(page)


def source_of(module: str, repository: Path) -> Path:
    """Return a module's file."""
    path = repository.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def exported(source: Path) -> dict[str, str]:
    """Return what a package hands on, each name with the module that it comes from."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return {
        name.asname or name.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__"
        for name in node.names
    }
