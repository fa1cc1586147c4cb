"""Imports that are put off: what stands for a library until it is used, and that workers start without them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.detector.base.deferred_imports import deferred


@pytest.fixture
def fresh_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "colorsys"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("fresh_modules")
def test_a_deferred_function_is_the_real_one_when_it_is_called() -> None:
    with deferred("colorsys"):
        from colorsys import rgb_to_hsv

        assert "colorsys" in sys.modules
    assert "colorsys" not in sys.modules
    assert rgb_to_hsv(1.0, 0.0, 0.0) == (0.0, 1.0, 1.0)
    assert "colorsys" in sys.modules


@pytest.mark.usefixtures("fresh_modules")
def test_attributes_of_a_deferred_name_are_real_too() -> None:
    with deferred("colorsys"):
        from colorsys import rgb_to_hsv
    assert rgb_to_hsv.__code__.co_name == "rgb_to_hsv"


def test_a_module_that_is_loaded_already_stays() -> None:
    import json

    with deferred("json"):
        import json as again

    assert again is json


def test_a_worker_starts_without_what_trackers_need() -> None:
    code = "import sys\nfrom engine.detector.base.runtime import prepare\nprepare()\n"
    code += "import engine.detector.families.build\n"
    code += "print([name for name in ('scipy', 'sklearn', 'pandas', 'matplotlib') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_was_put_off_still_works() -> None:
    code = "from engine.detector.base.runtime import prepare\nprepare()\nimport numpy\n"
    code += "from ppdet.modeling.transformers.matchers import linear_sum_assignment\n"
    code += "print([int(i) for i in linear_sum_assignment(numpy.eye(2))[1]])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[1, 0]"
