"""Pickles made to do harm: to run code, to fill the memory, to never end, or to bring the reader down."""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

HEAD = b"\x80\x04"
END = b"."
W = b"\x8c\x01w"  # the key of the tensor
NDARRAY = b"cnumpy\nndarray\n"
RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n"
DTYPE = b"cnumpy\ndtype\n\x8c\x02f4\x89\x88\x87R(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
EMPTY_ARRAY = RECONSTRUCT + NDARRAY + b"K\x00\x85C\x01b\x87R"


class Calls:
    """Pickles as a call."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> Any:
        return self.call


def entry(value: bytes) -> bytes:
    """A protocol 4 pickle of `{"w": value}`."""
    return HEAD + b"}" + W + value + b"s" + END


def call(module: str, name: str, args: bytes) -> bytes:
    """Instructions that call a global with a tuple that `args` makes."""
    return f"c{module}\n{name}\n".encode() + args + b"R"


def text(value: str) -> bytes:
    """Instructions that push a string."""
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def running(proof: Path) -> Iterator[tuple[str, bytes]]:
    """Calls that would leave `proof` on the disk, in each protocol, alone and deep inside containers."""
    shell, code = f"touch '{proof}'", f"open({str(proof)!r}, 'w').close()"
    calls = {
        "os.system": Calls(os.system, shell),
        "eval": Calls(eval, code),
        "exec": Calls(exec, code),
        "open": Calls(open, str(proof), "w"),
        "mkdir": Calls(os.mkdir, str(proof)),
        "process": Calls(subprocess.call, ["touch", str(proof)]),
    }
    for protocol in range(6):
        for name, evil in calls.items():
            yield f"{name} {protocol}", pickle.dumps({"w": evil}, protocol)
        deep = OrderedDict(a=[1, ("name", {"x": [{"y": (calls["mkdir"], 2)}]})])
        yield f"deep {protocol}", pickle.dumps(deep, protocol)
        yield f"object array {protocol}", pickle.dumps({"w": np.array([calls["mkdir"]], dtype=object)}, protocol)
        yield f"alone {protocol}", pickle.dumps(calls["mkdir"], protocol)
        yield f"as a key {protocol}", pickle.dumps([(calls["mkdir"], 1)], protocol)
    one, path = b"\x85", text(str(proof))
    yield "inst", HEAD + b"(" + path + b"ios\nmkdir\n" + END
    yield "obj", HEAD + b"(cos\nmkdir\n" + path + b"o" + END
    yield "memoised", HEAD + b"}q\x00cos\nmkdir\nq\x010h\x00" + W + b"h\x01" + path + one + b"Rs" + END
    yield "memo swapped", HEAD + b"ccollections\nOrderedDict\nq\x07cos\nmkdir\nq\x07h\x07" + path + one + b"R" + END


def names() -> Iterator[tuple[str, bytes]]:
    """Other ways to get at something that can be called."""
    for module, name in (
        ("os", "path.join"),
        ("numpy", "core.multiarray.os.system"),
        ("numpy", "ndarray.__new__"),
        ("collections", "OrderedDict.fromkeys"),
        ("builtins", "tuple.__class__"),
        ("copyreg", "_reconstructor"),
        ("copyreg", "__newobj__"),
        ("numpy.core.multiarray", "fromfile"),
        ("numpy.testing._private.utils", "runstring"),
        ("engine.weights.plain_arrays", "Answers"),
        ("os\x1b[2J", "system"),
    ):
        yield f"stack_global {name}", entry(text(module) + text(name) + b"\x93" + b")R")
    yield "stack_global of containers", entry(b"])\x93")
    for kind, codes in (("ext1", b"\x82\x01"), ("ext2", b"\x83\x01\x00"), ("ext4", b"\x84\x01\x00\x00\x00")):
        yield kind, entry(codes)
    yield "newobj", entry(NDARRAY + b"K\x05\x85\x85\x81")
    yield "newobj_ex", entry(NDARRAY + b"K\x05\x85\x85}\x92")
    yield "persid", entry(b"Pwhatever\n")
    yield "binpersid", entry(text("whatever") + b"Q")
    yield "next_buffer", entry(b"\x97")


def wrong_arguments() -> Iterator[tuple[str, bytes]]:
    """Names that a weights file may use, with what it may not give them."""
    yield (
        "reconstruct another class",
        entry(call("numpy.core.multiarray", "_reconstruct", b"cos\nmkdir\nK\x00\x85C\x01b\x87")),
    )
    yield "reconstruct a dtype", entry(RECONSTRUCT + b"cnumpy\ndtype\nK\x00\x85C\x01b\x87R")
    yield "call of ndarray", entry(NDARRAY + b"K\x05\x85\x85R")
    yield "call of a string", entry(text("os.system") + text("true") + b"\x85R")
    yield "arguments that are no tuple", entry(b"ccollections\nOrderedDict\n]R")
    yield "object dtype", entry(call("numpy", "dtype", text("O8") + b"\x85"))
    yield "dtype of fields", entry(call("numpy", "dtype", b"](" + text("a") + text("O") + b"\x86e\x85"))
    yield "records", pickle.dumps({"w": np.zeros(2, [("a", "f4"), ("b", "i8")])}, 4)
    yield "objects in records", pickle.dumps({"w": np.zeros(2, [("a", "O")])}, 4)
    yield "subarray", entry(DTYPE.replace(b"NNN", b"cnumpy\ndtype\nK\x02\x85\x86NN"))
    yield "strings", pickle.dumps({"w": np.array(["a", "b"])}, 4)
    yield "another codec", entry(call("_codecs", "encode", text("a") + text("zip") + b"\x86"))
    yield "state of a dict", entry(b"}}" + text("__class__") + b"Nsb")
    yield "state of an array as a dict", entry(EMPTY_ARRAY + b"}" + text("base") + b"Nsb")
    yield "control characters in a key", HEAD + b"}" + text("\x1b[2J") + b"Ns" + END


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that would fill the memory, never end, or overflow the stack."""
    huge = struct.pack("<q", 2**40)
    state = b"K\x01\x8a\x08" + huge[:8] + b"\x85" + DTYPE + b"\x89C\x04abcd"
    yield "huge shape before the content", entry(RECONSTRUCT + NDARRAY + b"\x8a\x08" + huge + b"\x85C\x01b\x87R")
    yield "huge shape", entry(EMPTY_ARRAY + b"(" + state + b"tb")
    yield "negative shape", entry(EMPTY_ARRAY + b"(K\x01J\xff\xff\xff\xff\x85" + DTYPE + b"\x89C\x04abcdtb")
    yield "shape of no numbers", entry(EMPTY_ARRAY + b"(K\x01" + text("2") + b"\x85" + DTYPE + b"\x89C\x04abcdtb")
    for kind, code in (("bytes", b"\x8e"), ("text", b"\x8d"), ("bytearray", b"\x96")):
        yield f"huge {kind}", entry(code + struct.pack("<Q", 2**40) + b"abc")
        yield f"hugest {kind}", entry(code + struct.pack("<Q", 2**63 + 1) + b"abc")
    yield "huge memo", HEAD + b"}r\xff\xff\xff\x7f" + b"0" + END
    yield "huge frame", HEAD + b"\x95" + struct.pack("<Q", 2**62) + b"]" + END
    megabyte = text("x" * 2**20)
    yield (
        "encoding again and again",
        entry(b"(" + megabyte + b"q\x01" + (b"c_codecs\nencode\nh\x01\x85R" * 5000) + b"t"),
    )
    pairs = b"](" + (text("k") + b"N\x86") * 20000 + b"eq\x01"
    yield "dicts again and again", entry(b"(" + pairs + b"ccollections\nOrderedDict\nh\x01\x85R" * 5000 + b"t")
    yield "tuples of a list", entry(b"](" + b"N" * 20000 + b"eq\x01" + b"cbuiltins\ntuple\nh\x01\x85R" * 5 + b"t")
    yield "deep key", HEAD + b"}" + b")" + b"\x85" * 300_000 + b"Ns" + END
    yield "doubled key", HEAD + b"})" + b"q\x00h\x00\x86" * 60 + b"Ns" + END
    yield "deep name", HEAD + b")" + b"\x85" * 300_000 + text("x") + b"\x93" + END
    yield "deep dtype", entry(b"cnumpy\ndtype\n)" + b"\x85" * 300_000 + b"R")
    yield "deep shape", entry(RECONSTRUCT + NDARRAY + b")" + b"\x85" * 300_000 + b"C\x01b\x87R")


def no_pickles() -> Iterator[tuple[str, bytes]]:
    """What is no pickle of a dict, or only the beginning of one."""
    whole = pickle.dumps({"w": np.arange(400, dtype="f4")}, 4)
    for cut in (0, 1, 2, 11, 40, 100, 180, len(whole) - 1):
        yield f"cut at {cut}", whole[:cut]
    others = {
        "text": b"hello",
        "page": b"<!DOCTYPE html>",
        "png": b"\x89PNG\r\n\x1a\n",
        "zip": b"PK\x03\x04",
        "elf": b"\x7fELF",
    }
    yield from others.items()
    yield "list", pickle.dumps([1, 2], 4)
    yield "nothing on the stack", HEAD + END
    yield "no mark", HEAD + b"t" + END
    yield "unknown memo", HEAD + b"h\x05" + END
    yield "odd items", HEAD + b"}(" + text("a") + b"u" + END
    yield "append to nothing", HEAD + b"Na" + END
    yield "broken text", entry(b"\x8c\x02\xff\xfe")


def every(proof: Path) -> dict[str, bytes]:
    """All of them by name; those of `running` would make `proof`."""
    return dict([*running(proof), *names(), *wrong_arguments(), *bombs(), *no_pickles()])
