"""Where the files that ship with Espalier are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RESOURCES = ROOT / "resources"
DETECTORS = RESOURCES / "detectors"
RECIPES = RESOURCES / "recipes"
I18N = RESOURCES / "i18n"
SAMPLES = RESOURCES / "samples"
