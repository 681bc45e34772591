"""Whether arrays can be trained on: numbers, finite, of one shape in all splits, with one target an example."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from ridgepath.arrays import Dataset, Split, blocks
from ridgepath.errors import InputError


def check_labels(dataset: Dataset, *, classes: int) -> None:
    """Check that every target is a label that a network with this many classes can learn.

    Whole numbers of a float type, such as 3.0, are labels too. The targets of several outputs are not checked.

    Raises:
        InputError: a label is not a whole number, or is not in 0..``classes`` - 1.
    """
    for name, split in dataset.splits.items():
        if not isinstance(split.y, np.ndarray):
            continue
        wrong = split.y[(split.y != np.floor(split.y)) | (split.y < 0) | (split.y >= classes)]
        if wrong.size:
            raise InputError(
                f"labels must be whole numbers from 0 to {classes - 1}, the classes of this network",
                received=f"{wrong[0]} in the {name} split ({wrong.size} of its {split.y.size} labels are wrong)",
                remedy="Correct the labels, or give the network's last layer as many units as there are classes.",
            )


def checked(dataset: Dataset) -> Dataset:
    """Return a data set that can be trained on.

    Raises:
        InputError: as :func:`check_split`, or what is standardized is no column.
    """
    for name, split in dataset.splits.items():
        check_split(name, split, like=dataset.train)
    _check_standardized(dataset)
    return dataset


def check_split(name: str, split: Split, *, like: Split) -> None:
    """Check that a split can be trained on.

    Args:
        like: the training split, whose structure and shapes it must have.

    Raises:
        InputError: arrays are missing, empty, of different lengths or of other shapes than in training, not numbers or
            not finite, or weights are negative.
    """
    arrays, trained = dict(split.arrays()), dict(like.arrays())
    _check_same_arrays(name, arrays, trained)
    for place, array in arrays.items():
        what = f"the {name} {_role(place)}"
        _check_array(array, what)
        if array.shape[1:] != trained[place].shape[1:]:
            raise InputError(
                f"{what} must have the shape of the train {_role(place)}, {trained[place].shape[1:]} an example",
                received=array.shape[1:],
                remedy="Prepare all splits in the same way.",
            )
    _check_lengths(name, arrays)
    _check_weights(name, split.weight)


def _role(place: str) -> str:
    """Name an array of a split, such as ``features`` or ``features 'title'``."""
    part, _, name = place.partition(".")
    return {"x": "features", "y": "targets", "weight": "weights"}[part] + (f" {name!r}" if name else "")


def _check_same_arrays(name: str, arrays: Collection[str], trained: Collection[str]) -> None:
    differing = sorted(set(trained) ^ set(arrays))
    if differing:
        has, lacks = (name, "train") if differing[0] in arrays else ("train", name)
        raise InputError(
            "all splits need the same inputs and outputs, and weights in each or in none",
            received=f"{_role(differing[0])} in the {has} split and not in the {lacks} split",
            remedy="Give them in all splits, or in none.",
        )
    if not arrays or not {"x", "y"} <= {place.partition(".")[0] for place in arrays}:
        raise InputError(
            "every split needs features and targets", received="none of them", remedy="Give at least one array of each."
        )


def _check_lengths(name: str, arrays: Mapping[str, np.ndarray]) -> None:
    lengths = {place: len(array) for place, array in arrays.items()}
    if len(set(lengths.values())) == 1:
        return
    if set(lengths) == {"x", "y"}:
        received = f"{lengths['x']} examples and {lengths['y']} targets"
        remedy = "Give x and y of the same length."
    else:
        received = ", ".join(f"{length} {_role(place)}" for place, length in lengths.items())
        remedy = "Give all arrays of a split the same length."
    raise InputError(f"the {name} split needs one target for every example", received=received, remedy=remedy)


def _check_weights(name: str, weight: np.ndarray | None) -> None:
    if weight is None:
        return
    expected = f"the {name} weights must be one number >= 0 an example, float32, not all 0"
    if weight.ndim != 1 or weight.dtype != np.float32:
        received = f"an array of type {weight.dtype} and shape {weight.shape}"
        raise InputError(expected, received=received, remedy="Give sample weights as Keras takes them.")
    if (weight < 0).any() or not weight.any():
        place = int(np.argmax(weight < 0))
        received = f"{weight[place]} in example {place}" if (weight < 0).any() else "zeros only"
        raise InputError(expected, received=received, remedy="Leave examples out instead of counting them less than 0.")


def _check_standardized(dataset: Dataset) -> None:
    columns, features = dataset.standardized, dataset.train.x
    present = 0
    if isinstance(features, np.ndarray) and features.ndim == 2 and features.dtype.kind == "f":
        present = features.shape[1]
    if not all(0 <= column < present for column in columns):
        raise InputError(
            "standardized columns are those of one array of features, (example, column), of a float type",
            received=f"{columns}, where there are {present} such columns",
            remedy="Leave standardized out.",
        )


def _check_array(array: np.ndarray, what: str) -> None:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise InputError(
            f"{what} must be an array of numbers",
            received=f"type {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__,
            remedy="Convert them first, for example with numpy.asarray(values, dtype='float32').",
        )
    if array.ndim == 0 or array.size == 0:
        raise InputError(f"{what} need at least one example", received=f"shape {array.shape}", remedy="Give some data.")
    if array.dtype.kind == "f":
        _check_finite(array, what)


def _check_finite(array: np.ndarray, what: str) -> None:
    for start, block in blocks(array):
        finite = np.isfinite(block)
        if not finite.all():
            place = np.argwhere(~finite)[0]
            raise InputError(
                f"{what} must be finite",
                received=f"{block[tuple(place)]} in example {start + place[0]}",
                remedy="Remove or fill in such examples.",
            )
