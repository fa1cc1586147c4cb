"""Phone latency from a graph: `milliseconds`, `estimate`, `reading`."""

from engine.latency.estimate import Estimate, estimate, milliseconds, reading

__all__ = ["Estimate", "estimate", "milliseconds", "reading"]
