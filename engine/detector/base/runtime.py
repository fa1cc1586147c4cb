"""Prepares the process for Paddle: call `prepare()` before the first `import paddle`.

After it everything is computed on the processor, with the wheel for GPUs too, which by itself would take the first of
them: quantisation, exports, previews and probes are made for the processor. Who may use a GPU says so (`gpus.py`).
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import threading
import warnings
from functools import cache

from engine.contract.system.cores import core_count, processor
from engine.detector.base.deferred_imports import deferred

_UNUSED = (
    *("matplotlib", "matplotlib.pyplot", "mpl_toolkits", "mpl_toolkits.mplot3d", "pandas", "sklearn"),
    *("scipy", "scipy.io", "scipy.linalg", "scipy.optimize", "scipy.spatial", "scipy.spatial.distance"),
)
"""What ppdet's trackers, key points and transformers import and no detector of ours calls."""

_MKL_CODES = (
    (("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"), "7"),
    (("avx2", "fma"), "5"),
)
"""MKL's numbers of what it calls Skylake-X and Haswell, and which features of a processor each needs."""

_PATIENT = {"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0"}
"""Threads that wait sleep. Paddle's operators and MKL each bring an OpenMP, and the threads of one that has nothing to
do keep the other's off the cores: a step on two threads took longer than on one (`make bench`: threads)."""


@cache
def prepare() -> None:
    """Load libz globally and quieten import-time chatter.

    libpaddle carries zlib symbols that clash with the system's unless that one is loaded first (a crash in
    `inflateReset2`); a launcher's LD_PRELOAD would do the same but asks the user to set it.
    """
    with contextlib.suppress(OSError):
        ctypes.CDLL("libz.so.1", mode=ctypes.RTLD_GLOBAL)
    for name, value in (mkl_choice() | _PATIENT).items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("GLOG_minloglevel", "2")
    os.environ.setdefault("FLAGS_call_stack_level", "1")
    warnings.filterwarnings("ignore", module=r"(ppdet|paddle|paddleslim|pkg_resources|numba)")
    with contextlib.redirect_stdout(None), deferred(*_UNUSED):
        import paddle
        import ppdet.modeling  # noqa: F401  # its tracking parts print what they miss
    if paddle.device.is_compiled_with_cuda():
        paddle.set_device("cpu")
    logging.getLogger("ppdet").setLevel(logging.ERROR)
    _keep_sigterm()


def mkl_choice() -> dict[str, str]:
    """Environment that has the MKL in Paddle's wheels use this processor's widest instructions on AMD.

    By itself it falls back to far slower code there. MKL reads it once, when it starts (`make bench`: mkl).
    """
    ours = processor()
    if ours.vendor != "AuthenticAMD":
        return {}
    code = next((code for needed, code in _MKL_CODES if ours.features.issuperset(needed)), None)
    return {} if code is None else {"MKL_DEBUG_CPU_TYPE": code}


def _keep_sigterm() -> None:
    # Paddle puts a C handler of its own over Python's at import; setting Python's again is how it gets back.
    if threading.current_thread() is threading.main_thread():
        handler = signal.getsignal(signal.SIGTERM)
        if handler is not None:
            signal.signal(signal.SIGTERM, handler)


def set_threads(threads: int) -> int:
    """Use `threads` cores for the numeric libraries, 0 for all that this process may use; returns the number."""
    count = threads or core_count()
    os.environ["OMP_NUM_THREADS"] = str(count)
    prepare()
    import numba
    import paddle

    paddle.base.core.set_num_threads(count)
    numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))
    return count
