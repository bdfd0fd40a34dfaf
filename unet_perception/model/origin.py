# SPDX-License-Identifier: Apache-2.0
"""Where a model bundle comes from, for people: what is known of it, and what it says itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unet_perception.model.bundle import ModelBundle

SHIPPED = {
    "585fdd3ee40976f89d589bb91d2aa556a99953c9775cab94fd0402775df7450f": "carla_unet",
    "c313618ec5b5f3d5515b97ce9b1d25b623b649ce4ab7fa1728dc4e3cc5083861": "carla_unet_hd",
}
"""Checksums of the bundles that come with this version: a copy is known anywhere, and one that
was changed is known nowhere, whatever its folder is called."""

DIGITS = 12
"""Of a checksum, to be compared by eye."""

MAX_WORDS = 80
MAX_NAMES = 8


def origin(bundle: ModelBundle) -> str:
    """Return where a bundle comes from, in one line without control characters.

    A checksum shows that nothing was damaged; who wrote the bundle it cannot show. So only the
    shipped ones are vouched for, and all others are quoted.
    """
    told = _told(bundle.spec.training)
    shipped = SHIPPED.get(bundle.checksum)
    if shipped:
        return f"shipped with this package as {shipped}; {told or 'of unknown training'}"
    return f"by its own account {told}" if told else "of unknown origin: it says nothing of it"


def short(checksum: str) -> str:
    """Return the digits of a checksum that are shown."""
    return checksum[:DIGITS]


def _told(training: Mapping[str, Any]) -> str:
    if "imported_from" in training:
        file = _plain(training["imported_from"])
        digest = _plain(short(str(training.get("imported_sha256", "unknown"))))
        return f"imported from the Keras file {file} (sha256 {digest})"
    sources = training.get("data")
    if not isinstance(sources, list) or not sources:
        return ""
    names = [_plain(x["name"]) for x in sources if isinstance(x, Mapping) and "name" in x]
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    data = _plain(short(str(training.get("data_sha256", "unknown"))))
    words = f"trained on {', '.join(names[:MAX_NAMES])}{more} (data {data})"
    recipe = training.get("recipe")
    first = recipe.get("init") if isinstance(recipe, Mapping) else None
    return f"{words}, beginning with network {_plain(short(str(first)))}" if first else words


def _plain(value: object) -> str:
    # It goes to logs and terminals, and a stranger may have written it.
    text = "".join(x if x.isprintable() else "?" for x in str(value)[: MAX_WORDS + 1])
    return f"{text[:MAX_WORDS]}..." if len(text) > MAX_WORDS else text
