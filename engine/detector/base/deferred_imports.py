"""Puts off imports of libraries that a package asks for at import and that we never use.

`import ppdet.modeling` brings in what trackers, key points and transformers need (SciPy, scikit-learn, pandas,
Matplotlib): half the time that a worker takes to start. Here their names stand for the real ones until they are used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class Deferred:
    """What stands for `module.name`; the module is imported when it is called or an attribute of it is asked for."""

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The real thing's answer."""
        return self._real()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    def _real(self) -> Any:
        module, name = self._place
        owner = import_module(module)
        return getattr(owner, name) if hasattr(owner, name) else import_module(f"{module}.{name}")


class _Standin(ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Deferred(self.__name__, name)


@contextmanager
def deferred(*modules: str) -> Iterator[None]:
    """While it lasts, `modules` that are not loaded yet are imported as stand-ins; name packages before their parts."""
    placed = {name: _Standin(name) for name in modules if name not in sys.modules}
    sys.modules.update(placed)
    try:
        yield
    finally:
        for name, standin in placed.items():
            if sys.modules.get(name) is standin:
                del sys.modules[name]
