# SPDX-License-Identifier: Apache-2.0
"""Reports as web pages that hold all they show: templates, and pictures as text."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from functools import cache

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from unet_perception.errors import DatasetError


def render(template: str, **values: object) -> str:
    """Return a page from a template in this package; texts that are put in are escaped."""
    return _environment().get_template(template).render(values)


def encoded(rgb: NDArray[np.uint8], kind: str, quality: int = 88) -> bytes:
    """Return a picture as a file, ``kind`` being ``png`` or ``jpeg``.

    Raises:
        DatasetError: It is too large.
    """
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality] if kind == "jpeg" else []
    done, data = cv2.imencode(f".{kind}", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), settings)
    if not done:
        raise DatasetError(f"a report's picture of {rgb.shape[1]}x{rgb.shape[0]} is too large")
    return data.tobytes()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("unet_perception", ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(color=_color, data_url=_data_url)
    return environment


def _color(rgb: Iterable[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _data_url(rgb: NDArray[np.uint8], kind: str, quality: int = 88) -> str:
    data = base64.b64encode(encoded(rgb, kind, quality)).decode("ascii")
    return f"data:image/{kind};base64,{data}"
