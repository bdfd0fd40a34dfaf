# SPDX-License-Identifier: Apache-2.0
"""A plan, loaded and bound to buffers on the GPU."""

from __future__ import annotations

from typing import Any

from unet_perception.engines.cache import EntryRefusedError
from unet_perception.engines.cuda_device import is_out_of_memory
from unet_perception.engines.tensorrt_build import IoContract
from unet_perception.engines.tensorrt_info import engine_detail
from unet_perception.engines.tensorrt_library import shared_log
from unet_perception.errors import EngineError


class TensorRtNetwork:
    """Runtime, engine and execution context of one plan.

    The references are kept, and dropped in the reverse order: TensorRT does not count them.
    """

    def __init__(self, library: Any, plan: bytes, contract: IoContract) -> None:
        """Load the plan.

        Args:
            library: The TensorRT module. There must be a GPU, or its runtime crashes.
            plan: The engine's bytes, from a trusted file: they may hold code.
            contract: What it must take and give.

        Raises:
            EntryRefusedError: The plan is damaged, or of another release or GPU, or has
                other inputs and outputs.
            EngineError: The GPU's memory is used up.
        """
        self._contract = contract
        self._log = shared_log(library)
        self._log.take()
        self._runtime: Any = library.Runtime(self._log)
        self._engine: Any = self._runtime.deserialize_cuda_engine(plan)
        self._context: Any = None
        # None, not an exception: the reason is in the log alone.
        if self._engine is None:
            raise _refusal(f"TensorRT refuses the plan: {self._log.take()}")
        try:
            contract.check(_engine_tensors(library, self._engine), "the plan")
        except EngineError as error:
            raise EntryRefusedError(str(error)) from error
        self.detail = engine_detail(library, self._engine)
        self._context = self._engine.create_execution_context()
        if self._context is None:
            raise _refusal(f"TensorRT cannot make an execution context: {self._log.take()}")

    def bind(self, input_address: int, output_address: int) -> None:
        """Let the network read and write these addresses of the GPU from now on.

        Raises:
            EngineError: TensorRT refuses an address.
        """
        for name, address in (
            (self._contract.input_name, input_address),
            (self._contract.output_name, output_address),
        ):
            if not self._context.set_tensor_address(name, address):
                raise EngineError(f"TensorRT refuses the buffer of {name}: {self._log.take()}")

    def enqueue(self, stream: int) -> bool:
        """Put one inference on a stream; return whether TensorRT took it."""
        return bool(self._context.execute_async_v3(stream))

    def last_errors(self) -> str:
        """Return what TensorRT said since it was last asked."""
        return str(self._log.take())

    def close(self) -> None:
        """Release context, engine and runtime, in this order."""
        self._context = None
        self._engine = None
        self._runtime = None


def _refusal(message: str) -> EngineError:
    # A full GPU says nothing about the plan: it must not be set aside.
    if is_out_of_memory(message):
        return EngineError(f"the GPU's memory is used up: {message}")
    return EntryRefusedError(message)


def _engine_tensors(library: Any, engine: Any) -> list[tuple[str, bool, bool, tuple[int, ...]]]:
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    return [
        (
            str(name),
            engine.get_tensor_mode(name) == library.TensorIOMode.INPUT,
            engine.get_tensor_dtype(name) == library.DataType.UINT8,
            tuple(engine.get_tensor_shape(name)),
        )
        for name in names
    ]
