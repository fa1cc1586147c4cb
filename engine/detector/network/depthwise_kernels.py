"""The loops of a depthwise convolution: long ones, whatever the width of a row, to become vector instructions.

A padded channel is laid out by phase, the rows and columns that one tap of the filter meets under a stride: for 1 as
it is, for 2 as four planes of even and odd rows and columns. Each tap then reads one run of numbers from a place of
its own on, for all rows at once; what it finds between the rows is left out at the end.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

Array = Any  # numba-compiled code takes plain float32 arrays
_CHUNK = 2048
"""So many numbers of a plane are worked on at a time: with what the taps read they stay in the nearest cache."""


@numba.njit(cache=True)
def _copy(source: Array, first: int, stride: int, target: Array, at: int, step: int, count: int) -> None:
    """Numbers from every `stride`-th place to every `step`-th."""
    if stride == 1 and step == 1:
        # Cut to where it begins, not indexed from there: an index that might be negative keeps a loop from vectors.
        given, taken = source[first:], target[at:]
        for j in range(count):
            taken[j] = given[j]
    else:
        for j in range(count):
            target[at + step * j] = source[first + stride * j]


@numba.njit(cache=True)
def _lay_out(picture: Array, planes: Array, above: int, left: int, stride: int) -> None:
    """`picture` (rows, columns) into `planes` (phases, rows, columns), whose margins are 0 already."""
    rows, columns = picture.shape
    for phase in range(stride * stride):
        i, first = (phase // stride - above) % stride, (phase % stride - left) % stride
        row, at, count = (i + above) // stride, (first + left) // stride, (columns - first + stride - 1) // stride
        while i < rows:
            _copy(picture[i], first, stride, planes[phase, row], at, 1, count)
            i, row = i + stride, row + 1


@numba.njit(cache=True)
def _take_back(planes: Array, picture: Array, above: int, left: int, stride: int) -> None:
    """The opposite of `_lay_out`."""
    rows, columns = picture.shape
    for phase in range(stride * stride):
        i, first = (phase // stride - above) % stride, (phase % stride - left) % stride
        row, at, count = (i + above) // stride, (first + left) // stride, (columns - first + stride - 1) // stride
        while i < rows:
            _copy(planes[phase, row], at, 1, picture[i], first, stride, count)
            i, row = i + stride, row + 1


@numba.njit(cache=True, fastmath=True)
def _add_taps(flat: Array, starts: Array, weights: Array, total: Array, begin: int, end: int) -> None:
    """Add to `total`, from `begin` to `end`, what every tap reads times its weight; three or five taps at a time."""
    count = end - begin
    target = total[begin:end]
    step = 5 if len(weights) == 25 else 3 if len(weights) == 9 else 1
    for t in range(0, len(weights), step):
        first = flat[starts[t] + begin : starts[t] + end]
        if step == 1:
            for j in range(count):
                target[j] += weights[t] * first[j]
            continue
        second = flat[starts[t + 1] + begin : starts[t + 1] + end]
        third = flat[starts[t + 2] + begin : starts[t + 2] + end]
        w0, w1, w2 = weights[t], weights[t + 1], weights[t + 2]
        if step == 3:
            for j in range(count):
                target[j] += w0 * first[j] + w1 * second[j] + w2 * third[j]
            continue
        fourth = flat[starts[t + 3] + begin : starts[t + 3] + end]
        fifth = flat[starts[t + 4] + begin : starts[t + 4] + end]
        w3, w4 = weights[t + 3], weights[t + 4]
        for j in range(count):
            target[j] += w0 * first[j] + w1 * second[j] + w2 * third[j] + w3 * fourth[j] + w4 * fifth[j]


@numba.njit(cache=True, fastmath=True)
def _pass_back(
    flat: Array, grads: Array, starts: Array, weights: Array, grad: Array, sums: Array, begin: int, end: int
) -> None:
    """Of the output's gradient `grad`, from `begin` to `end`: add to the input's `grads`, and the weights' `sums`."""
    count = end - begin
    given = grad[begin:end]
    for t in range(len(weights)):
        read = flat[starts[t] + begin : starts[t] + end]
        passed = grads[starts[t] + begin : starts[t] + end]
        weight, dot = weights[t], np.float32(0.0)
        for j in range(count):
            dot += given[j] * read[j]
        for j in range(count):
            passed[j] += weight * given[j]
        sums[t] += dot


@numba.njit(cache=True)
def _layout(height: int, width: int, k: int, stride: int, pads: tuple[int, int, int, int]) -> tuple[int, int, Array]:
    """Rows and columns of each plane, and where each tap begins to read in the planes."""
    above, below, left, right = pads
    rows, columns = -(-(above + height + below) // stride), -(-(left + width + right) // stride)
    starts = np.empty(k * k, np.int64)
    for u in range(k):
        for v in range(k):
            phase = (u % stride) * stride + v % stride
            starts[u * k + v] = (phase * rows + u // stride) * columns + v // stride
    return rows, columns, starts


@numba.njit(cache=True, parallel=True, nogil=True)
def forward(x: Array, weight: Array, y: Array, stride: int, pads: tuple[int, int, int, int]) -> None:
    """`y` (batch, filters, rows, columns) of `x`, padded by `pads` above, below, left and right."""
    above, left = pads[0], pads[2]
    batch, channels, height, width = x.shape
    count, rows, columns = y.shape[1:]
    deep, wide, starts = _layout(height, width, weight.shape[2], stride, pads)
    length = (rows - 1) * wide + columns
    for c in numba.prange(channels):
        planes = np.zeros((stride * stride, deep, wide), np.float32)
        flat, total = planes.ravel(), np.empty(length, np.float32)
        for b in range(batch):
            _lay_out(x[b, c], planes, above, left, stride)
            for f in range(c * count // channels, (c + 1) * count // channels):
                total[:] = 0
                for begin in range(0, length, _CHUNK):
                    _add_taps(flat, starts, weight[f, 0].ravel(), total, begin, min(begin + _CHUNK, length))
                for i in range(rows):
                    _copy(total, i * wide, 1, y[b, f, i], 0, 1, columns)


@numba.njit(cache=True, parallel=True, nogil=True)
def backward(
    x: Array, weight: Array, grad: Array, grad_x: Array, grad_w: Array, stride: int, pads: tuple[int, int, int, int]
) -> None:
    """The gradients of input and weight, by the output's `grad`; `grad_w` begins as 0."""
    above, left = pads[0], pads[2]
    batch, channels, height, width = x.shape
    count, rows, columns = grad.shape[1:]
    deep, wide, starts = _layout(height, width, weight.shape[2], stride, pads)
    length = (rows - 1) * wide + columns
    for c in numba.prange(channels):
        planes = np.zeros((stride * stride, deep, wide), np.float32)
        passed = np.empty((stride * stride, deep, wide), np.float32)
        given = np.zeros(length, np.float32)  # between the rows it stays 0
        for b in range(batch):
            _lay_out(x[b, c], planes, above, left, stride)
            passed[:] = 0
            for f in range(c * count // channels, (c + 1) * count // channels):
                for i in range(rows):
                    _copy(grad[b, f, i], 0, 1, given, i * wide, 1, columns)
                weights, sums = weight[f, 0].ravel(), grad_w[f, 0].ravel()
                for begin in range(0, length, _CHUNK):
                    end = min(begin + _CHUNK, length)
                    _pass_back(planes.ravel(), passed.ravel(), starts, weights, given, sums, begin, end)
            _take_back(passed, grad_x[b, c], above, left, stride)
