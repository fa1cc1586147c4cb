"""Faults of a phone at every stage of a bench, on the simulated phone behind real adb."""
