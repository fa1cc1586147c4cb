"""A saved program, opened to be changed: its operations, and the arrays of its weights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detector.base.runtime import prepare
from engine.detector.network.saving import telling_refusals

prepare()

import paddle  # noqa: E402


class SavedProgram:
    """The program of a folder in memory; `block` holds its operations. It is saved when `opened` ends, if `changed`."""

    def __init__(self, prefix: str) -> None:
        self._executor = paddle.static.Executor(paddle.CPUPlace())
        self._scope = paddle.static.global_scope()
        self._prefix = prefix
        self.program, self.feeds, self.fetches = paddle.static.load_inference_model(prefix, self._executor)
        self.block: Any = self.program.global_block()
        self.changed = False

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a variable; -1 where it depends on what is fed."""
        return tuple(self.block.var(name).shape)

    def is_weight(self, name: str) -> bool:
        """Whether a variable is kept in the file."""
        return bool(self.block.var(name).persistable)

    def array(self, name: str) -> NDArray[Any]:
        """The values of a weight."""
        return np.array(self._scope.find_var(name).get_tensor())

    def set_array(self, name: str, values: NDArray[Any]) -> None:
        """Give a weight other values, of the same shape or another."""
        self._scope.find_var(name).get_tensor().set(values, paddle.CPUPlace())
        self.changed = True

    @contextlib.contextmanager
    def trying(self, name: str, values: NDArray[Any]) -> Iterator[None]:
        """Inside, a weight has other values of the same shape; nothing of it is saved."""
        tensor, kept = self._scope.find_var(name).get_tensor(), self.array(name)
        tensor.set(values, paddle.CPUPlace())
        try:
            yield
        finally:
            tensor.set(kept, paddle.CPUPlace())

    def add_weight(self, name: str, values: NDArray[Any]) -> Any:
        """A new weight of those values; returns its variable."""
        made = self.block.create_var(name=name, shape=values.shape, dtype=str(values.dtype), persistable=True)
        self._scope.var(name)
        self.set_array(name, values)
        return made

    def add_variable(self, name: str, shape: tuple[int, ...]) -> Any:
        """A new variable for floats between two operations."""
        return self.block.create_var(name=name, shape=shape, dtype="float32")

    def insert(self, place: int, kind: str, inputs: dict[str, Any], outputs: dict[str, Any], **attributes: Any) -> None:
        """A new operation before the one at `place`."""
        self.block._insert_op(place, type=kind, inputs=inputs, outputs=outputs, attrs=attributes)
        self.changed = True

    def remove(self, places: list[int]) -> None:
        """Take operations out."""
        for place in sorted(places, reverse=True):
            self.block._remove_op(place)
        self.changed = True

    def run(self, names: list[str], inputs: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The values of variables for what is fed; only what they depend on is computed."""
        found: list[NDArray[Any]] = self._executor.run(self.program, feed=inputs, fetch_list=names, use_prune=True)
        return found

    def save(self) -> None:
        """Write it back where it came from."""
        variables = [self.block.var(name) for name in self.feeds]
        with telling_refusals():
            paddle.static.save_inference_model(
                self._prefix, variables, self.fetches, self._executor, program=self.program
            )


@contextlib.contextmanager
def opened(program_dir: Path) -> Iterator[SavedProgram]:
    """The program of a folder, to be looked at and changed; nothing is written if the block raises."""
    with static_mode(), paddle.static.scope_guard(paddle.static.Scope()):
        with telling_refusals(program_dir / "model.pdiparams"):
            saved = SavedProgram(str(program_dir / "model"))
        yield saved
        if saved.changed:
            saved.save()


@contextlib.contextmanager
def static_mode() -> Iterator[None]:
    """Inside, Paddle builds and runs programs; afterwards it is as it was."""
    dynamic = paddle.in_dynamic_mode()
    paddle.enable_static()
    try:
        yield
    finally:
        if dynamic:
            paddle.disable_static()
