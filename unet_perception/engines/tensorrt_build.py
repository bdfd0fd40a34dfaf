# SPDX-License-Identifier: Apache-2.0
"""From an ONNX graph to a TensorRT plan: strongly typed, so the graph's types are what runs.

One code path for TensorRT 10.13 to 11: there is no precision flag, which 11 no longer has, and
no number of a flag, which changed between them. Half precision is in the graph itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unet_perception.engines.tensorrt_library import shared_log
from unet_perception.errors import EngineError

LEVEL = 3
"""TensorRT's default; level 5 took hours for others and won little."""

WORKSPACE_BYTES = 1 << 30
AUX_STREAMS = 0
"""All on one stream, which a CUDA graph captures whole."""


@dataclass(frozen=True)
class IoContract:
    """What goes into a network and comes out: uint8 of fixed shapes.

    Attributes:
        input_name: Name of the input.
        input_shape: ``(n, h, w, C)``.
        output_name: Name of the output.
        output_shape: ``(n, h, w)``.
    """

    input_name: str
    input_shape: tuple[int, ...]
    output_name: str
    output_shape: tuple[int, ...]

    def check(self, tensors: list[tuple[str, bool, bool, tuple[int, ...]]], where: str) -> None:
        """Refuse a network that has something else.

        Args:
            tensors: Name, whether it is an input, whether it is uint8, and shape of each.
            where: What has them, for the message.

        Raises:
            EngineError: They differ; the message lists both.
        """
        expected = [
            (self.input_name, True, True, tuple(self.input_shape)),
            (self.output_name, False, True, tuple(self.output_shape)),
        ]
        if sorted(tensors) != sorted(expected):
            raise EngineError(f"{where} has {_words(tensors)} instead of {_words(expected)}")


@dataclass(frozen=True)
class BuiltPlan:
    """What the builder made.

    Attributes:
        plan: The engine's bytes.
        timing: The timings of kernels that it took, for the next build; empty if it has none.
    """

    plan: bytes
    timing: bytes


def build_options() -> dict[str, int]:
    """Return what the plan depends on besides graph, library and GPU: part of its key."""
    return {"level": LEVEL, "workspace": WORKSPACE_BYTES, "aux_streams": AUX_STREAMS}


def build_plan(
    library: Any, onnx: bytes, contract: IoContract, timing: bytes | None = b""
) -> BuiltPlan:
    """Compile a graph for the GPU of this machine.

    Args:
        library: The TensorRT module. There must be a GPU, or TensorRT's objects crash.
        onnx: The graph with its weights.
        contract: What it must take and give.
        timing: Timings of an earlier build on the same GPU and release; empty for none yet,
            None for a library that does not time kernels when it builds.

    Raises:
        EngineError: The graph is refused, or the builder fails; with TensorRT's own words.
    """
    log = shared_log(library)
    log.take()
    try:
        builder = library.Builder(log)
    except TypeError as error:
        # What the bindings make of a null pointer: CUDA could not be started.
        raise EngineError(f"TensorRT's builder cannot start: {log.take()}") from error
    flags = 1 << int(library.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    network = builder.create_network(flags)
    parser = library.OnnxParser(network, log)
    if not parser.parse(onnx):
        found = [parser.get_error(i) for i in range(parser.num_errors)]
        errors = [f"{e.desc()} (at {e.node_operator()} {e.node_name()})" for e in found]
        raise EngineError(f"TensorRT cannot read the graph: {'; '.join(errors) or log.take()}")
    # Bytes that are no graph at all parse without an error.
    if network.num_outputs == 0:
        raise EngineError("TensorRT cannot read the graph: it is none, or has no outputs")
    contract.check(_network_tensors(library, network), "the graph")
    config = builder.create_builder_config()
    config.set_memory_pool_limit(library.MemoryPoolType.WORKSPACE, WORKSPACE_BYTES)
    config.builder_optimization_level = LEVEL
    config.max_aux_streams = AUX_STREAMS
    # For engine_info: without it the inspector tells names alone.
    config.profiling_verbosity = library.ProfilingVerbosity.DETAILED
    # On by default: 10 bits of fraction under the name of fp32.
    config.clear_flag(library.BuilderFlag.TF32)
    cache = None
    if timing is not None:
        cache = config.create_timing_cache(timing)
        # Never with ignore_mismatch: timings of another GPU choose the wrong kernels.
        if cache is None or not config.set_timing_cache(cache, False):
            cache = config.create_timing_cache(b"")
            config.set_timing_cache(cache, False)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise EngineError(f"TensorRT cannot build the engine: {log.take()}")
    timed = b"" if cache is None else bytes(config.get_timing_cache().serialize())
    return BuiltPlan(bytes(plan), timed)


def _network_tensors(library: Any, network: Any) -> list[tuple[str, bool, bool, tuple[int, ...]]]:
    inputs = [(network.get_input(i), True) for i in range(network.num_inputs)]
    outputs = [(network.get_output(i), False) for i in range(network.num_outputs)]
    return [
        (str(t.name), is_input, t.dtype == library.DataType.UINT8, tuple(t.shape))
        for t, is_input in inputs + outputs
    ]


def _words(tensors: list[tuple[str, bool, bool, tuple[int, ...]]]) -> str:
    return ", ".join(
        f"{'input' if is_input else 'output'} {name} {'uint8' if is_bytes else 'not uint8'} "
        f"{'x'.join(map(str, shape))}"
        for name, is_input, is_bytes, shape in tensors
    )
