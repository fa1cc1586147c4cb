"""What a training on several ranks must show, run by hand: `python -m tests.ranks [NAME ...]`."""
