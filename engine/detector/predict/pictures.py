"""Pictures as networks take them: decoded, resized to the square input, normalised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.contract.text.messages import UserError
from engine.data.pictures import decode, is_heic

Inputs = dict[str, NDArray[np.float32]]


def read_picture(path: str | Path) -> NDArray[np.uint8]:
    """The picture as RGB (height, width, 3), turned by its EXIF; raises UserError naming a file that is none."""
    try:
        raw = Path(path).read_bytes()  # cv2.imread fails on names outside the system's code page
    except OSError as error:
        raise UserError("picture.missing", path=str(path), reason=error.strerror or "?") from error
    picture = decode(raw)
    if picture is None:
        raise UserError("picture.heic" if is_heic(raw) else "picture.unreadable", path=str(path))
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def to_inputs(picture: NDArray[np.uint8], config: Mapping[str, Any]) -> Inputs:
    """One RGB picture as the network's inputs: image [1,3,S,S], im_shape [1,2], scale_factor [1,2] (y, x).

    The picture, turned by its EXIF first, is stretched to the square (bilinear), as it is in training and as the
    model card tells.
    """
    size = int(config["size"])
    height, width = picture.shape[:2]
    image = cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return {
        "image": normalise(image, config)[None],
        "im_shape": np.array([[size, size]], np.float32),
        "scale_factor": np.array([[size / height, size / width]], np.float32),
    }


def normalise(image: NDArray[Any], config: Mapping[str, Any]) -> NDArray[np.float32]:
    """RGB pixels 0..255 (height, width, 3) as (3, height, width) with the detector's mean and deviation."""
    mean, std = np.array(config["mean"], np.float32), np.array(config["std"], np.float32)
    scaled = (image.astype(np.float32) / np.float32(255.0) - mean) / std
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def network_inputs(paths: Sequence[str | Path], config: Mapping[str, Any]) -> Iterator[Inputs]:
    """The inputs for each picture file in turn."""
    for path in paths:
        yield to_inputs(read_picture(path), config)


def stack(inputs: Sequence[Inputs]) -> Inputs:
    """Several pictures' inputs as one batch."""
    return {name: np.concatenate([one[name] for one in inputs]) for name in inputs[0]}
