"""Sets up Paddle's collective operations between the ranks of a training: gloo on processors, NCCL on GPUs."""

from __future__ import annotations

import os

from engine.contract.device.choice import CPU
from engine.contract.system.interfaces import LOOPBACK, interface_of
from engine.contract.text.messages import JobFailed
from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402
from paddle.base import core  # noqa: E402

_PATIENCE_S = 120


def connect(rank: int, size: int, store: tuple[str, int], own: str, device: str) -> None:
    """Join the others, which meet at `store`; `own` is the address of this machine that they reach it at.

    To be called by all ranks at about the same time. Raises JobFailed.
    """
    names = [f"{LOOPBACK}:{number + 1}" for number in range(size)]  # names alone: nobody listens there
    told = {
        "PADDLE_TRAINER_ID": str(rank),
        "PADDLE_TRAINERS_NUM": str(size),
        "PADDLE_MASTER": "{}:{}".format(*store),
        "PADDLE_CURRENT_ENDPOINT": names[rank],
        "PADDLE_TRAINER_ENDPOINTS": ",".join(names),
        "PADDLE_DISTRI_BACKEND": "gloo" if device == CPU else "nccl",
    }
    if device != CPU:
        told["FLAGS_selected_gpus"] = device.partition(":")[2]
    if (interface := interface_of(own)) is not None:
        told |= {"GLOO_SOCKET_IFNAME": interface, "NCCL_SOCKET_IFNAME": interface}
    earlier = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    plain = core.create_or_get_global_tcp_store
    try:
        meeting_place = core.TCPStore(*store, False, size, _PATIENCE_S)
        core.create_or_get_global_tcp_store = lambda: meeting_place  # Paddle's would listen on all addresses
        paddle.distributed.init_parallel_env()
    except (RuntimeError, ValueError, OSError) as error:
        reason = (str(error).strip().splitlines() or ["-"])[-1][:200]
        raise JobFailed("ranks.not_connected", place="{}:{}".format(*store), reason=reason) from error
    finally:
        core.create_or_get_global_tcp_store = plain
        for name, value in earlier.items():  # children of this process are no ranks
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
