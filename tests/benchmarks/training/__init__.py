"""PaddleDetection's own Trainer and ours on the same pictures; each run is a process of its own."""
