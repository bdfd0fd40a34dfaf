# SPDX-License-Identifier: Apache-2.0
"""``unet-perception VERB``: one thin module per verb."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from unet_perception import __version__
from unet_perception.cli import (
    bag,
    bench,
    build_engine,
    dataset,
    demo,
    doctor,
    evaluate,
    export,
    import_keras,
    playback,
    predict,
    quantize,
    record,
    street,
    summary,
    train,
    view,
)
from unet_perception.errors import UnetPerceptionError

VERBS = (
    demo,
    view,
    playback,
    record,
    dataset,
    train,
    evaluate,
    predict,
    bag,
    export,
    build_engine,
    quantize,
    bench,
    doctor,
    street,
    summary,
    import_keras,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code: 0 done, 1 refused or failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="unet-perception",
        description="Semantic segmentation of CARLA's camera: demo, data, training, evaluation.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in VERBS:
        verb.add_parser(subparsers)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except UnetPerceptionError as error:
        print(f"unet-perception {options.verb}: {error}", file=sys.stderr)
        return 1
    except MemoryError:
        print(f"unet-perception {options.verb}: the memory is used up", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"unet-perception {options.verb}: interrupted", file=sys.stderr)
        return 130
