# SPDX-License-Identifier: Apache-2.0
"""What a network is trained to make small, for masks that may say "one of these classes"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unet_perception.training.targets import Targets


@dataclass(frozen=True)
class LossSums:
    """Sums over some pictures, so that parts of a batch on several machines add up to the whole.

    Attributes:
        pixel: Sum over labeled pixels of weight times negative log-likelihood.
        region: Sum over pictures of the region losses.
        pictures: How many pictures.
    """

    pixel: Tensor
    region: Tensor
    pictures: int


class SegmentationLoss:
    """Cross-entropy with partial labels, and Dice and Lovász losses beside it.

    A pixel that may be one of several classes costs the negative logarithm of the probability of
    them all together, which for one class is cross-entropy. Region losses are means over the
    classes that a picture has, and see only pixels with a single class.
    """

    def __init__(
        self, targets: Targets, weights: NDArray[np.float32], dice: float = 0.0, lovasz: float = 0.0
    ) -> None:
        """Choose what counts how much.

        Args:
            targets: Meaning of the masks' ids.
            weights: Weight of a pixel by training id, ``(n_ids,)`` (see ``class_weights``).
            dice: Factor of the Dice loss (Milletari et al. 2016, *V-Net*).
            lovasz: Factor of the Lovász-softmax loss (Berman et al. 2018).
        """
        self._targets, self._dice, self._lovasz = targets, dice, lovasz
        # A place more, for pixels without a label, makes the look-up one step.
        self._weights = torch.cat([torch.from_numpy(weights).float(), torch.zeros(1)])
        self._groups = [torch.tensor(group) for group in targets.groups]

    def pixel_weights(self, masks: Tensor) -> Tensor:
        """Return the sum of the weights of all labeled pixels: what ``pixel`` is divided by.

        Args:
            masks: Training ids ``(N, H, W)``, uint8 or int64.
        """
        return self._pixel_weights(masks.long()).sum()

    def __call__(self, logits: Tensor, masks: Tensor) -> LossSums:
        """Return the sums for some pictures.

        Args:
            logits: float ``(N, n_classes, H, W)``.
            masks: Training ids ``(N, H, W)``, uint8 or int64.
        """
        logits, masks = logits.float(), masks.long()
        n_classes = self._targets.n_classes
        single = masks < n_classes
        classes = torch.where(single, masks, 0)
        log_all = torch.logsumexp(logits, dim=1)
        likelihood = logits.gather(1, classes[:, None])[:, 0]
        if self._groups:
            rows = logits.permute(0, 2, 3, 1)
            for number, group in enumerate(self._groups, start=n_classes):
                where = masks == number
                scores = rows[where][:, group.to(logits.device)]
                likelihood = likelihood.masked_scatter(where, torch.logsumexp(scores, dim=1))
        pixel = ((log_all - likelihood) * self._pixel_weights(masks)).sum()
        region = pixel.new_zeros(())
        if self._dice or self._lovasz:
            probabilities = torch.exp(logits - log_all[:, None]).flatten(2)
            single, classes = single.flatten(1), classes.flatten(1)
            if self._dice:
                region = region + self._dice * dice_loss(probabilities, classes, single).sum()
            if self._lovasz:
                region = region + self._lovasz * lovasz_loss(probabilities, classes, single).sum()
        return LossSums(pixel, region, len(masks))

    def _pixel_weights(self, masks: Tensor) -> Tensor:
        return self._weights.to(masks.device)[masks.clamp(max=self._targets.n_ids)]


def dice_loss(probabilities: Tensor, classes: Tensor, counted: Tensor) -> Tensor:
    """Return each picture's Dice loss, ``(N,)``: the mean over the classes that it has.

    Args:
        probabilities: ``(N, n_classes, P)``, summing to 1 over the classes.
        classes: True class of each pixel, int64 ``(N, P)``; any where it is not counted.
        counted: Which pixels count, bool ``(N, P)``.
    """
    ones = counted.float()
    empty = probabilities.new_zeros(probabilities.shape[:2])
    true = empty.scatter_add(1, classes, ones)
    hit = probabilities.gather(1, classes[:, None])[:, 0] * ones
    overlap = empty.scatter_add(1, classes, hit)
    predicted = torch.einsum("ncp,np->nc", probabilities, ones)
    # One pixel more on both sides keeps the loss of a class of few pixels smooth.
    loss = 1.0 - (2.0 * overlap + 1.0) / (true + predicted + 1.0)
    return _mean_over_present(loss, true)


def lovasz_loss(probabilities: Tensor, classes: Tensor, counted: Tensor) -> Tensor:
    """Return each picture's Lovász-softmax loss, ``(N,)``: the mean over the classes it has.

    The arguments are those of ``dice_loss``. Algorithm 1 of Berman, Triki and Blaschko, *The
    Lovász-Softmax loss*, 2018.
    """
    true = torch.zeros_like(probabilities).scatter_(
        1, classes[:, None], counted.to(probabilities.dtype)[:, None]
    )
    # What is not counted has no error, is sorted to the end, and adds nothing there.
    errors = (true - probabilities).abs() * counted[:, None]
    errors, order = errors.sort(dim=2, descending=True)
    true = true.gather(2, order)
    total = true.sum(dim=2, keepdim=True)
    jaccard = 1.0 - (total - true.cumsum(2)) / (total + (1.0 - true).cumsum(2))
    steps = torch.diff(jaccard, dim=2, prepend=jaccard.new_zeros(*jaccard.shape[:2], 1))
    return _mean_over_present((errors * steps).sum(dim=2), total[..., 0])


def _mean_over_present(loss: Tensor, pixels: Tensor) -> Tensor:
    present = (pixels > 0).float()
    return (loss * present).sum(dim=1) / present.sum(dim=1).clamp(min=1.0)
