# SPDX-License-Identifier: Apache-2.0
"""A bundle's network as one ONNX file for other runtimes, which says itself what it is."""

from __future__ import annotations

import json

from unet_perception.model.bundle import ModelBundle, bundle_weights
from unet_perception.model.onnx_file import build_onnx
from unet_perception.model.spec import PREPROCESSING


def export_metadata(bundle: ModelBundle, precision: str, encoding: str) -> dict[str, str]:
    """Return what an exported file says about itself in its metadata properties.

    ``classes`` and ``preprocessing`` are JSON; ``fingerprint`` is the sha256 of the bundle's
    own ONNX file, which ``model.json`` has as well.
    """
    spec = bundle.spec
    preprocessing = {**PREPROCESSING, "channels": encoding}
    return {
        "label_set": spec.label_set.name,
        "n_classes": str(spec.n_classes),
        "classes": json.dumps(spec.label_set.as_dict()["classes"], ensure_ascii=False),
        "preprocessing": json.dumps(preprocessing, ensure_ascii=False),
        "precision": precision,
        "encoding": encoding,
        "fingerprint": bundle.sha256,
    }


def export_onnx(bundle: ModelBundle, precision: str, encoding: str, batch: int = 1) -> bytes:
    """Return a bundle's network as ONNX: camera pixels in, class ids out.

    Args:
        bundle: The network.
        precision: ``fp32`` or ``fp16``; see ``build_onnx``.
        encoding: Order of the camera's colours.
        batch: Pictures at a time.

    Raises:
        ConfigError: An argument is outside what is allowed.
        WeightsError: A weight is too large for float16.
    """
    return build_onnx(
        bundle.spec.architecture,
        bundle_weights(bundle),
        bundle.spec.input_size,
        export_metadata(bundle, precision, encoding),
        precision=precision,
        encoding=encoding,
        batch=batch,
    )
