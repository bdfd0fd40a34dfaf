# SPDX-License-Identifier: Apache-2.0
"""What this package itself plugs in: ``setup.py`` registers these as its entry points.

They are listed from here, so that a source tree that was never installed, or that has moved on
since, has them as well.
"""

ENGINES = "unet_perception.engines"
ARCHITECTURES = "unet_perception.architectures"

BUILT_IN = {
    ENGINES: {
        "tensorrt": "unet_perception.engines.kinds:TENSORRT",
        "cuda": "unet_perception.engines.kinds:CUDA",
        "openvino": "unet_perception.engines.kinds:OPENVINO",
        "pytorch": "unet_perception.engines.kinds:PYTORCH",
    },
    ARCHITECTURES: {"unet": "unet_perception.model.unet_architecture:UNET"},
}
"""Groups of entry points; of the engines the fastest comes first."""
