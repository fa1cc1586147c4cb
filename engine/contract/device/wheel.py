"""Which of Paddle's two wheels is installed, told from what pip wrote down; nothing is imported for it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from pydantic import BaseModel, ConfigDict

CPU_WHEEL, GPU_WHEEL = "paddlepaddle", "paddlepaddle-gpu"
"""The wheel for processors alone, and the one for NVIDIA's GPUs too; both hold the same files."""
UNKNOWN = "?"


class Wheel(BaseModel):
    """A wheel of Paddle by its name and version; `doubled` where pip believes that both are there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    doubled: bool = False

    @property
    def gpu(self) -> bool:
        """Whether it was built for GPUs."""
        return self.name == GPU_WHEEL


def paddle_wheel() -> Wheel:
    """The wheel that is installed; where both are, the one for GPUs, which can only have been put over the other."""
    cpu, gpu = installed(CPU_WHEEL), installed(GPU_WHEEL)
    if gpu is not None:
        return Wheel(name=GPU_WHEEL, version=gpu, doubled=cpu is not None)
    return Wheel(name=CPU_WHEEL, version=cpu or UNKNOWN)


def installed(package: str) -> str | None:
    """The version of a package, None where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of packages, Paddle's under the name of the wheel that is there."""
    wheel = paddle_wheel()
    names = [wheel.name if name == CPU_WHEEL else name for name in packages]
    return {name: wheel.version if name == wheel.name else version(name) for name in names}
