"""What was found of GPUs: by a child process that Paddle may end as it likes (`engine/detector/base/gpus.py`)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from engine.contract.device.wheel import Wheel


class Gpu(BaseModel):
    """A GPU as Paddle counts them; `trouble` is what became of a small calculation there, None if it was right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    name: str
    memory_mb: int
    capability: tuple[int, int]
    trouble: str | None = None

    @property
    def device(self) -> str:
        """What it is called in settings."""
        return f"gpu:{self.number}"

    @property
    def generation(self) -> str:
        """Its compute capability as it is written."""
        return "{}.{}".format(*self.capability)


class Devices(BaseModel):
    """The wheel, and where that is for GPUs what it sees: CUDA it was built for, driver, cuDNN, GPUs.

    `driver` and `cudnn` are empty where there is none; `cudnn_trouble` is what was said when it was loaded, `problem`
    why nothing could be found out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wheel: Wheel
    cuda: str = ""
    driver: str = ""
    cudnn: str = ""
    cudnn_trouble: str = ""
    gpus: tuple[Gpu, ...] = ()
    problem: str = ""
