"""Drawings of what steps do, on their cards: one file a drawing; `registry.py` finds them."""
