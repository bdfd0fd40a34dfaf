# SPDX-License-Identifier: Apache-2.0
"""Which precision a network gets on a processor, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from unet_perception.engines.cpu_precision import choose_precision
from unet_perception.engines.processor import bf16_flags, int8_flags, processor_flags
from unet_perception.errors import EngineError
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import INT8_FILES, ModelBundle
from unet_perception.model.spec import ModelSpec

VNNI = frozenset({"avx2", "avx512_vnni"})
GOOD_INT8 = {"int8": {"miou_loss": 0.002}}
GOOD_BF16 = {"bf16": {"pixel_agreement": 0.998}}


def bundle(precisions: Mapping[str, Mapping[str, Any]], int8: bool = True) -> ModelBundle:
    spec = ModelSpec(4, (32, 48), load_label_set("carla-0.8"), precisions=precisions)
    files = dict.fromkeys(INT8_FILES, b"x") if int8 else {}
    return ModelBundle(Path("model"), spec, b"", "", files)


@pytest.mark.parametrize(
    ("precisions", "int8", "bf16", "flags", "chosen", "said"),
    [
        (GOOD_INT8 | GOOD_BF16, True, True, VNNI, "int8", "costs 0.0020 mIoU"),
        ({"int8": {"miou_loss": -0.001}}, True, True, VNNI, "int8", "costs 0.0000 mIoU"),
        (GOOD_INT8 | GOOD_BF16, False, True, VNNI, "bf16", "no int8 network"),
        (GOOD_BF16, True, True, VNNI, "bf16", "was not measured"),
        ({"int8": {"miou_loss": 0.01}} | GOOD_BF16, True, True, VNNI, "bf16", "0.0100 mIoU"),
        ({"int8": {"miou_loss": float("nan")}}, True, False, VNNI, "fp32", "nan mIoU"),
        (GOOD_INT8 | GOOD_BF16, True, True, frozenset({"avx2"}), "bf16", "8-bit multiply-add"),
        (GOOD_BF16, False, False, VNNI, "fp32", "processor has none"),
        ({}, False, True, VNNI, "fp32", "masks were not measured"),
        ({"bf16": {"pixel_agreement": 0.99}}, False, True, VNNI, "fp32", "99.00%"),
    ],
)
def test_auto_takes_the_fastest_that_was_measured_to_keep_the_masks(
    precisions: Mapping[str, Mapping[str, Any]],
    int8: bool,
    bf16: bool,
    flags: frozenset[str],
    chosen: str,
    said: str,
) -> None:
    precision, reason = choose_precision(bundle(precisions, int8), "auto", bf16, flags)
    assert precision == chosen
    assert said in reason


def test_what_is_asked_for_is_taken_or_refused() -> None:
    for precision in ("fp32", "bf16", "int8"):
        chosen, reason = choose_precision(bundle(GOOD_INT8), precision, True, VNNI)
        assert (chosen, reason) == (precision, "")
    assert "not measured" in choose_precision(bundle({}), "int8", True, VNNI)[1]
    with pytest.raises(EngineError, match="no int8 network.*unet-perception quantize"):
        choose_precision(bundle(GOOD_INT8, int8=False), "int8", True, VNNI)
    with pytest.raises(EngineError, match="no bf16; use 'fp32'"):
        choose_precision(bundle(GOOD_BF16), "bf16", False, VNNI)


def test_flags_of_x86_and_arm(tmp_path: Path) -> None:
    listing = tmp_path / "cpuinfo"
    listing.write_text("processor\t: 0\nflags\t\t: fpu avx512_vnni avx512_bf16\nbugs\t: x\n")
    assert int8_flags(processor_flags(listing)) == ("avx512_vnni",)
    assert bf16_flags(processor_flags(listing)) == ("avx512_bf16",)
    listing.write_text("processor : 0\nFeatures : fp asimd asimddp i8mm bf16\n")
    assert int8_flags(processor_flags(listing)) == ("asimddp", "i8mm")
    assert bf16_flags(processor_flags(listing)) == ("bf16",)
    assert processor_flags(tmp_path / "none") == frozenset()
