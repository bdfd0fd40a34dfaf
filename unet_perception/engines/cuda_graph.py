# SPDX-License-Identifier: Apache-2.0
"""Pictures through a GPU: pinned buffers, one stream, one CUDA graph.

What runs on the stream is the caller's: TensorRT's context or a PyTorch network. The graph
replays it with one call instead of one for each kernel.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from unet_perception.engines.cuda_device import first_line, is_out_of_memory
from unet_perception.errors import EngineError

Enqueue = Callable[[int], bool]
"""Puts one inference on the stream with this handle, and returns whether that worked. The
stream is PyTorch's current one as well."""

WARM_UP = 20
"""Frames before an engine counts as ready: the first are slow while clocks rise."""

UNWRITTEN = 255
"""No class has this id, so a pixel that keeps it was not written."""

MIN_SAME = 0.99
"""Share of pixels that a graph must have in common with the plain call. Not all: libraries
may choose other kernels, and near ties fall either way."""

_preparing = threading.Lock()
"""PyTorch waits for the whole device before a capture, which is an error during another one."""


class CudaBuffers:
    """An input and an output on the GPU, each with its pinned partner, and their stream."""

    def __init__(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> None:
        """Allocate them on the first CUDA device.

        Args:
            input_shape: Shape of the network's uint8 input, ``(n, h, w, C)``.
            output_shape: Shape of its uint8 output, ``(n, h, w)``.

        Raises:
            EngineError: The memory cannot be had.
        """
        try:
            # Not the default stream: work of other threads would wait for ours, and TensorRT
            # synchronises the whole device on it.
            self.stream = torch.cuda.Stream(device=0)  # type: ignore[no-untyped-call]
            with torch.cuda.stream(self.stream):
                self.device_input = torch.zeros(input_shape, dtype=torch.uint8, device="cuda:0")
                self.device_output = torch.zeros(output_shape, dtype=torch.uint8, device="cuda:0")
            self.host_input = torch.zeros(input_shape, dtype=torch.uint8, pin_memory=True)
            self.host_output = torch.zeros(output_shape, dtype=torch.uint8, pin_memory=True)
            self.stream.synchronize()
        except RuntimeError as error:
            raise cuda_error(error) from error


class CudaGraph:
    """Runs one network on its buffers, frame by frame, for one thread."""

    def __init__(self, buffers: CudaBuffers, enqueue: Enqueue, warm_up: int = WARM_UP) -> None:
        """Run once, capture the graph, prove that it works, and warm up.

        Args:
            buffers: What the network reads and writes.
            enqueue: Puts the network on the stream; it must allocate nothing that PyTorch
                does not know of, and must not wait for the GPU.
            warm_up: Frames to run before returning.

        Raises:
            EngineError: The network does not run, even without a graph.
        """
        self._buffers = buffers
        self._enqueue = enqueue
        self._graph: torch.cuda.CUDAGraph | None = None
        self._owner: int | None = None
        self._claim = threading.Lock()
        # Blocking: the thread sleeps until the GPU is done and leaves its core to others.
        self._done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        self.inputs: NDArray[np.uint8] = buffers.host_input.numpy()
        self._output: NDArray[np.uint8] = buffers.host_output.numpy()
        self.graph_note = ""
        try:
            with _preparing:
                self._prepare()
            for _ in range(warm_up):
                self._frame()
        except RuntimeError as error:
            raise cuda_error(error) from error

    def infer(self) -> NDArray[np.uint8]:
        """Run what is in ``inputs``.

        Returns:
            The ids, uint8 ``(n, h, w)``: a view that the next call overwrites.

        Raises:
            EngineError: The GPU failed, or another thread owns this object.
        """
        if self._owner != threading.get_ident():
            self._take_ownership()
        return self.infer_unowned()

    def infer_unowned(self) -> NDArray[np.uint8]:
        """Do as ``infer`` does, for whoever opens the engine for another thread and tests it."""
        try:
            self._frame()
        except RuntimeError as error:
            raise cuda_error(error) from error
        return self._output

    def close(self) -> None:
        """Wait for the GPU and release the graph; the buffers go with this object."""
        try:
            self._buffers.stream.synchronize()
        except RuntimeError as error:
            raise cuda_error(error) from error
        finally:
            self._graph = None

    def _take_ownership(self) -> None:
        # The first caller keeps it: two threads would write into one buffer and replay one
        # graph, which gives mixed frames and no error.
        with self._claim:
            if self._owner is None:
                self._owner = threading.get_ident()
                return
        raise EngineError(
            f"this engine belongs to thread {self._owner}; thread {threading.get_ident()} must "
            "open one of its own"
        )

    def _prepare(self) -> None:
        buffers = self._buffers
        with torch.cuda.stream(buffers.stream):
            # Once before the capture: libraries allocate and choose kernels at the first call.
            self._put_noise(seed=0)
            if not self._enqueue(buffers.stream.cuda_stream):
                raise EngineError("the network was refused by the GPU's runtime")
            buffers.stream.synchronize()
            self._put_noise(seed=1)
            if not self._enqueue(buffers.stream.cuda_stream):
                raise EngineError("the network was refused by the GPU's runtime")
            expected = buffers.device_output.cpu()
        graph, reason = self._capture()
        if graph is not None and not reason:
            reason = self._stale(graph, expected)
        self._graph = None if reason else graph
        self.graph_note = f"no CUDA graph: {reason}" if reason else "CUDA graph"

    def _capture(self) -> tuple[torch.cuda.CUDAGraph | None, str]:
        stream = self._buffers.stream
        self._put_noise(seed=2)
        graph = torch.cuda.CUDAGraph()
        taken = False
        try:
            # thread_local: in the default mode anything that another thread does on the GPU
            # meanwhile fails there, and the capture here.
            with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
                taken = self._enqueue(stream.cuda_stream)
        except RuntimeError as error:
            return None, first_line(error)
        # A refused call leaves an empty graph, whose replay gives the last frame's mask.
        return (graph, "") if taken else (None, "the runtime refused to be captured")

    def _stale(self, graph: torch.cuda.CUDAGraph, expected: torch.Tensor) -> str:
        buffers = self._buffers
        with torch.cuda.stream(buffers.stream):
            self._put_noise(seed=1)
            buffers.device_output.fill_(UNWRITTEN)
            graph.replay()
            found = buffers.device_output.cpu()
        if bool((found == UNWRITTEN).any()):
            return "its replay does not write the whole mask"
        same = float((found == expected).float().mean())
        return "" if same >= MIN_SAME else f"its replay gives {same:.1%} of the mask's pixels"

    def _put_noise(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.inputs[...] = rng.integers(0, 256, self.inputs.shape, dtype=np.uint8)
        with torch.cuda.stream(self._buffers.stream):
            self._buffers.device_input.copy_(self._buffers.host_input)

    def _frame(self) -> None:
        buffers = self._buffers
        with torch.cuda.stream(buffers.stream):
            buffers.device_input.copy_(buffers.host_input, non_blocking=True)
            if self._graph is not None:
                self._graph.replay()
            elif not self._enqueue(buffers.stream.cuda_stream):
                raise EngineError("the network was refused by the GPU's runtime")
            buffers.host_output.copy_(buffers.device_output, non_blocking=True)
            self._done.record(buffers.stream)
        self._done.synchronize()


def cuda_error(error: RuntimeError) -> EngineError:
    """Return CUDA's error as one of ours, in one line."""
    if is_out_of_memory(error):
        return EngineError(
            f"the GPU's memory is used up ({first_line(error)}): end what else runs on it, or "
            "take a smaller network"
        )
    return EngineError(f"the GPU failed: {first_line(error)}")
