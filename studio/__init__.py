"""The window over the engine; it shares nothing with it but `engine.contract`."""
