"""What an optimised program must not hold, whatever its outputs are on another machine: kernels that cannot run it.

No x86 library runs two-stage detectors and none computes in half precision, so that these files are judged by their
form alone. Every rule is a fault of Paddle Lite 2.13rc0 that was seen on its ARM kernels.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.contract.text.messages import JobFailed
from engine.lite.optimised import Operation, OptimisedProgram
from engine.lite.program.arm_fp16 import is_exposed

_NEVER_SET = {("collect_fpn_proposals", "RoisNum")}
"""Outputs that a kernel of Lite declares and does not give."""
_CONVOLUTIONS = frozenset({"conv2d", "depthwise_conv2d"})
_WHOLE = frozenset({"int32", "int64"})
_KEEP_SIZE = frozenset(
    "batch_norm calib clip concat hard_sigmoid hard_swish leaky_relu relu relu6 scale sigmoid split swish".split()
)


def require_sound(program: OptimisedProgram) -> None:
    """Raise JobFailed with the first fault of a program."""
    for fault in faults(program):
        raise JobFailed("lite.unsound", fault=fault)


def faults(program: OptimisedProgram) -> Iterator[str]:
    """What is wrong with a program, one line each."""
    written = {variable.name for variable in program.variables.values() if variable.kept}
    half: set[str] = set()
    for operation in program.operations:
        # A slot that holds whole numbers and is declared as floats gets a conversion, and is then read as it was meant.
        if operation.kind.startswith("calib") and _converts_whole_numbers(operation):
            yield f"{operation.kind} {operation.form} stands before {_readers(program, operation)}"
        unset = [name for names in operation.inputs.values() for name in names if name not in written]
        if unset and operation.kind != "feed":
            yield f"{operation.kind} reads {unset[0]}, which nothing wrote"
        for slot, names in operation.outputs.items():
            if (operation.kind, slot) in _NEVER_SET and names:
                yield f"{operation.kind} does not set its output {slot}"
            written.update(names)
            gives_half = operation.precision == "fp16" and not operation.form.endswith("_to_fp32")
            half = half | set(names) if gives_half else half - set(names)
        # An app reads outputs as floats of 32 bits, whatever the model computes with.
        if operation.kind == "fetch" and half.intersection(*operation.inputs.values()):
            yield "an output is in half precision"
    yield from _exposed(program)


def _converts_whole_numbers(operation: Operation) -> bool:
    kinds = operation.form.split("_to_")
    return len(kinds) == 2 and len(_WHOLE & set(kinds)) == 1


def _readers(program: OptimisedProgram, operation: Operation) -> str:
    """The kinds of operations that read what this one gives, before somebody else writes it."""
    (given,) = operation.outputs["Out"]
    found = []
    for later in program.operations[program.operations.index(operation) + 1 :]:
        found += [later.kind for names in later.inputs.values() if given in names]
        if any(given in names for names in later.outputs.values()):
            break
    return ", ".join(sorted(set(found))) or "nothing"


def _exposed(program: OptimisedProgram) -> Iterator[str]:
    """Convolutions in half precision that read past their weights, as `arm_fp16` says."""
    sizes: dict[str, tuple[int, ...]] = {}
    for operation in program.operations:
        size = _map_size(operation, sizes, program)
        if operation.precision == "fp16" and operation.kind in _CONVOLUTIONS and size == (1, 1):
            weight = program.variables[operation.inputs["Filter"][0]]
            if is_exposed(weight.shape, operation.settings["groups"][0]):
                yield f"{operation.kind} reads past its weights {weight.name} {list(weight.shape)}"
        for name in (name for names in operation.outputs.values() for name in names):
            # Names are used again for other tensors: what is not known now was somebody else's.
            sizes.pop(name, None)
            if size is not None:
                sizes[name] = size


def _map_size(
    operation: Operation, sizes: dict[str, tuple[int, ...]], program: OptimisedProgram
) -> tuple[int, ...] | None:
    """Height and width of what an operation gives, where its kind and its inputs tell them."""
    known = [sizes[name] for names in operation.inputs.values() for name in names if name in sizes]
    settings = operation.settings
    if operation.kind == "feed":
        return program.variables[operation.outputs["Out"][0]].shape[2:]
    if operation.kind in _CONVOLUTIONS and known:
        weight = program.variables[operation.inputs["Filter"][0]]
        return _slid(known[0], weight.shape[2:], operation)
    if operation.kind == "pool2d" and known:
        if settings.get("global_pooling") == (1,):
            return (1, 1)
        return settings["ksize"] if settings.get("adaptive") == (1,) else _slid(known[0], settings["ksize"], operation)
    if operation.kind in _KEEP_SIZE or operation.kind.startswith(("elementwise", "fusion_elementwise")):
        return max(known, default=None)
    return None


def _slid(size: tuple[int, ...], kernel: tuple[int, ...], operation: Operation) -> tuple[int, ...]:
    """Height and width after a window went over a map."""
    settings = operation.settings
    if operation.words.get("padding_algorithm") == "SAME":
        return tuple(-(-s // step) for s, step in zip(size, settings["strides"], strict=True))
    given = settings["paddings"]
    pads = given if len(given) == 4 else (given[0], given[0], given[1], given[1])
    dilations, up = settings.get("dilations", (1, 1)), settings.get("ceil_mode", (0,))[0]
    both = zip(size, kernel, pads[::2], pads[1::2], settings["strides"], dilations, strict=True)
    return tuple((s + a + b - d * (k - 1) - 1 + up * (step - 1)) // step + 1 for s, k, a, b, step, d in both)
