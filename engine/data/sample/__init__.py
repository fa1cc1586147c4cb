"""The built-in sample: a small detection set of drawn road signs, the same on every run."""

from __future__ import annotations

from engine.data.sample.signs import SAMPLE_CLASSES
from engine.data.sample.write import write_sample

__all__ = ["SAMPLE_CLASSES", "write_sample"]
