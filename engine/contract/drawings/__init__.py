"""What a step does, as its card draws it: what is asked and answered, and what of it was measured and is kept."""
