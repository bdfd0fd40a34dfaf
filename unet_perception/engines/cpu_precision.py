# SPDX-License-Identifier: Apache-2.0
"""Which precision a network gets on a processor, and why."""

from __future__ import annotations

from unet_perception.engines.processor import int8_flags
from unet_perception.errors import EngineError
from unet_perception.model.bundle import ModelBundle

MAX_MIOU_LOSS = 0.01
"""What int8 may cost in mIoU, at most, before ``auto`` leaves it alone."""

MIN_AGREEMENT = 0.995
"""Share of pixels that bf16 must leave as they are for ``auto`` to take it."""

_MEASURE = "unet-perception quantize MODEL --data DIR"


def choose_precision(
    bundle: ModelBundle, precision: str, has_bf16: bool, flags: frozenset[str]
) -> tuple[str, str]:
    """Return the precision to run in and the reason, if there is anything to say.

    ``auto`` takes int8 where the bundle has it and its measured loss is small, else bf16
    where the processor has it and its masks were measured, else fp32.

    Args:
        bundle: The network and what was measured on it.
        precision: ``auto``, ``fp32``, ``bf16`` or ``int8``.
        has_bf16: Whether the engine can compute in bf16 here.
        flags: See ``processor_flags``.

    Raises:
        EngineError: The precision asked for is not to be had.
    """
    without_int8 = _int8_problem(bundle, flags)
    if precision == "int8":
        if not bundle.has_int8:
            raise EngineError(f"precision is 'int8', but {without_int8}")
        return precision, f"though {without_int8}" if without_int8 else ""
    if precision == "bf16" and not has_bf16:
        raise EngineError("precision is 'bf16', but this processor has no bf16; use 'fp32'")
    if precision != "auto":
        return precision, ""
    if not without_int8:
        loss = bundle.spec.precisions["int8"]["miou_loss"]
        return "int8", f"int8 costs {max(loss, 0.0):.4f} mIoU"
    without_bf16 = _bf16_problem(bundle, has_bf16)
    if not without_bf16:
        agreement = bundle.spec.precisions["bf16"]["pixel_agreement"]
        return "bf16", f"bf16 keeps {agreement:.2%} of the pixels; not int8: {without_int8}"
    return "fp32", f"fp32: not int8: {without_int8}; not bf16: {without_bf16}"


def _int8_problem(bundle: ModelBundle, flags: frozenset[str]) -> str:
    if not bundle.has_int8:
        return f"the bundle has no int8 network ({_MEASURE} makes one)"
    loss = bundle.spec.precisions.get("int8", {}).get("miou_loss")
    if not isinstance(loss, float):
        return f"what it costs was not measured ({_MEASURE} does)"
    if not loss < MAX_MIOU_LOSS:
        return f"it costs {loss:.4f} mIoU, {MAX_MIOU_LOSS} or more"
    if not int8_flags(flags):
        return "this processor has no exact 8-bit multiply-add (VNNI, AMX, dot product)"
    return ""


def _bf16_problem(bundle: ModelBundle, has_bf16: bool) -> str:
    if not has_bf16:
        return "this processor has none"
    agreement = bundle.spec.precisions.get("bf16", {}).get("pixel_agreement")
    if not isinstance(agreement, float):
        return f"its masks were not measured ({_MEASURE} does)"
    if not agreement >= MIN_AGREEMENT:
        return f"it keeps {agreement:.2%} of the pixels, less than {MIN_AGREEMENT:.1%}"
    return ""
