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
    classes that a picture has, and see only pixels with a single class. All is computed in
    float32, under autocast as well, and without sums whose order a GPU is free to choose.
    """

    def __init__(
        self,
        targets: Targets,
        class_weights: NDArray[np.float32] | None = None,
        dice: float = 0.0,
        lovasz: float = 0.0,
        label_smoothing: float = 0.0,
    ) -> None:
        """Choose what counts how much.

        Args:
            targets: Meaning of the masks' ids.
            class_weights: Weight of a pixel by training id, ``(n_ids,)``, as the function
                ``class_weights`` makes them; without them all pixels count alike.
            dice: Factor of the Dice loss (Milletari et al. 2016, *V-Net*).
            lovasz: Factor of the Lovász-softmax loss (Berman et al. 2018).
            label_smoothing: Share of a pixel's loss that asks for all classes alike
                (Szegedy et al. 2016, *Inception-v3*), 0 to below 1.
        """
        self._targets, self._dice, self._lovasz = targets, dice, lovasz
        self._smoothing = label_smoothing
        weights = np.ones(targets.n_ids, np.float32) if class_weights is None else class_weights
        # A place more, for pixels without a label, makes the look-up one step.
        self._weights = torch.cat([torch.from_numpy(weights).float(), torch.zeros(1)])
        self._groups = [torch.tensor(group) for group in targets.groups]

    def pixel_weights(self, masks: Tensor) -> Tensor:
        """Return the sum of the weights of all labeled pixels: what ``pixel`` is divided by.

        Args:
            masks: Training ids ``(N, H, W)``, uint8 or int64.
        """
        return self._weights_of(masks.long()).sum()

    def __call__(self, logits: Tensor, masks: Tensor) -> LossSums:
        """Return the sums for some pictures.

        Args:
            logits: float ``(N, n_classes, H, W)``.
            masks: Training ids ``(N, H, W)``, uint8 or int64.
        """
        logs, masks = torch.log_softmax(logits.float(), dim=1), masks.long()
        single = masks < self._targets.n_classes
        classes = torch.where(single, masks, 0)
        loss = -self._log_likelihood(logs, masks, classes)
        if self._smoothing:
            loss = (1.0 - self._smoothing) * loss - self._smoothing * logs.mean(dim=1)
        pixel = (loss * self._weights_of(masks)).sum()
        region = pixel.new_zeros(())
        if self._dice or self._lovasz:
            probabilities = logs.exp().flatten(2)
            single, classes = single.flatten(1), classes.flatten(1)
            if self._dice:
                region = region + self._dice * dice_loss(probabilities, classes, single).sum()
            if self._lovasz:
                region = region + self._lovasz * lovasz_loss(probabilities, classes, single).sum()
        return LossSums(pixel, region, len(masks))

    def _log_likelihood(self, logs: Tensor, masks: Tensor, classes: Tensor) -> Tensor:
        """Return the logarithm of what a pixel's possible classes have together ``(N, H, W)``."""
        likelihood = logs.gather(1, classes[:, None])[:, 0]
        for number, group in enumerate(self._groups, start=self._targets.n_classes):
            belongs = masks == number
            # A batch is of several datasets, and most of its pictures have no such pixel.
            pictures = belongs.flatten(1).any(dim=1).nonzero()[:, 0]
            if len(pictures):
                scores = logs.index_select(0, pictures).index_select(1, group.to(logs.device))
                together = torch.logsumexp(scores, dim=1)
                changed = torch.where(belongs[pictures], together, likelihood[pictures])
                likelihood = likelihood.index_copy(0, pictures, changed)
        return likelihood

    def _weights_of(self, masks: Tensor) -> Tensor:
        return self._weights.to(masks.device)[masks.clamp(max=self._targets.n_ids)]


def dice_loss(probabilities: Tensor, classes: Tensor, counted: Tensor) -> Tensor:
    """Return each picture's Dice loss, ``(N,)``: the mean over the classes that it has.

    Args:
        probabilities: ``(N, n_classes, P)``, summing to 1 over the classes.
        classes: True class of each pixel, int64 ``(N, P)``; any where it is not counted.
        counted: Which pixels count, bool ``(N, P)``.
    """
    true = _one_hot(probabilities, classes, counted)
    pixels = true.sum(dim=2)
    overlap = (probabilities * true).sum(dim=2)
    predicted = (probabilities * counted[:, None]).sum(dim=2)
    # One pixel more on both sides keeps the loss of a class of few pixels smooth.
    loss = 1.0 - (2.0 * overlap + 1.0) / (pixels + predicted + 1.0)
    present = (pixels > 0).float()
    return (loss * present).sum(dim=1) / present.sum(dim=1).clamp(min=1.0)


def lovasz_loss(probabilities: Tensor, classes: Tensor, counted: Tensor) -> Tensor:
    """Return each picture's Lovász-softmax loss, ``(N,)``: the mean over the classes it has.

    The arguments are those of ``dice_loss``. Algorithm 1 of Berman, Triki and Blaschko, *The
    Lovász-Softmax loss*, 2018.
    """
    true = _one_hot(probabilities, classes, counted)
    present = true.any(dim=2)
    # What is not counted has no error, is sorted to the end, and adds nothing there.
    errors = ((true - probabilities).abs() * counted[:, None])[present]
    errors, order = errors.sort(dim=1, descending=True)
    true = true[present].gather(1, order)
    total = true.sum(dim=1, keepdim=True)
    jaccard = 1.0 - (total - true.cumsum(1)) / (total + (1.0 - true).cumsum(1))
    steps = torch.diff(jaccard, dim=1, prepend=jaccard.new_zeros(len(jaccard), 1))
    loss = probabilities.new_zeros(present.shape).masked_scatter(present, (errors * steps).sum(1))
    return loss.sum(dim=1) / present.sum(dim=1).clamp(min=1)


def _one_hot(like: Tensor, classes: Tensor, counted: Tensor) -> Tensor:
    ones = counted.to(like.dtype)[:, None]
    return torch.zeros_like(like).scatter_(1, classes[:, None], ones)
