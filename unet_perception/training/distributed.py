# SPDX-License-Identifier: Apache-2.0
"""One training as several processes, as ``torchrun`` starts them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from unet_perception.errors import ConfigError


@dataclass(frozen=True)
class World:
    """The processes of a run.

    Attributes:
        rank: This process's number, from 0.
        size: How many there are.
        device: What this process computes on.
    """

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def speaks(self) -> bool:
        """Whether this is the process that prints and writes."""
        return self.rank == 0

    def total(self, tensor: Tensor) -> Tensor:
        """Add a tensor up over all processes, in place."""
        if self.size > 1:
            distributed.all_reduce(tensor)
        return tensor

    def any(self, *flags: bool) -> list[bool]:
        """Return for each flag whether a process has it set: all processes get one answer."""
        if self.size == 1:
            return list(flags)
        votes = torch.tensor(flags, dtype=torch.int32)
        distributed.all_reduce(votes)
        return [bool(vote) for vote in votes]

    def join(self, model: nn.Module) -> nn.Module:
        """Return the network such that its gradients become means over all processes."""
        if self.size == 1:
            return model
        on_gpu = self.device.type == "cuda"
        return DistributedDataParallel(
            model, device_ids=[self.device] if on_gpu else None, gradient_as_bucket_view=True
        )


@contextmanager
def open_world() -> Iterator[World]:
    """Join the processes that ``torchrun`` has started, or be alone.

    Raises:
        ConfigError: There are more processes on this machine than GPUs.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        count = torch.cuda.device_count()
        if local >= count:
            raise ConfigError(
                f"process {local + 1} of this machine finds {count} GPUs; start as many "
                "processes as there are GPUs"
            )
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
        # Kernels that add up in any order would make each run another one.
        torch.backends.cudnn.deterministic = True
    if size == 1:
        yield World(0, 1, device)
        return
    # Flags are on the CPU always, gradients where the network is.
    distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo",
        device_id=device if device.type == "cuda" else None,
    )
    try:
        yield World(distributed.get_rank(), size, device)
    finally:
        distributed.destroy_process_group()
