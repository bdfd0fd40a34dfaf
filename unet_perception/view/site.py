# SPDX-License-Identifier: Apache-2.0
"""The page's files, as they ship; nothing else on the disk is ever served."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Server": "unet_perception",
}
"""Sent with every answer."""


@dataclass(frozen=True)
class SiteFile:
    """One file of the page.

    Attributes:
        body: Its bytes.
        media_type: Its media type.
        tag: Changes with the bytes.
    """

    body: bytes
    media_type: str
    tag: str


def load_site() -> dict[str, SiteFile]:
    """Return the files by name."""
    found = {}
    for entry in files(__package__).joinpath("page").iterdir():
        ending = entry.name[entry.name.rfind(".") :]
        if ending in MEDIA_TYPES:
            body = entry.read_bytes()
            tag = hashlib.sha256(body).hexdigest()[:16]
            found[entry.name] = SiteFile(body, MEDIA_TYPES[ending], tag)
    return found
