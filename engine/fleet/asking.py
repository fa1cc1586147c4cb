"""A child that asks the head of a cluster of Ray who it is, so that what Ray prints meanwhile is not a person's."""

from __future__ import annotations

import os
import sys

WRONG_TOKEN, NO_RAY, NO_ANSWER = 3, 4, 5
"""How it ends where the head does not know the token, where Ray is not installed here, and where the head did not
answer for another reason, which it prints."""


def first_sentence(error: BaseException) -> str:
    """What an error says, short: Ray's go on for many lines."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line.split(". ")[0].rstrip(".")


def main(address: str) -> int:
    """Ask the head at an address for its nodes."""
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray
    except ImportError:
        return NO_RAY
    try:
        ray._raylet.GcsClient(address=address).get_all_node_info()
    except ray.exceptions.AuthenticationError:
        return WRONG_TOKEN
    except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
        print(first_sentence(error))
        return NO_ANSWER
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
