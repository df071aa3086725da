"""Waiting for facts, never for time to pass."""

import time

# Time limit for a fact to become true; long, because tests share slow machines, and a fact that holds ends the wait at
# once.
PATIENCE = 30


def eventually(condition, what, patience=PATIENCE):
    """Waits until `condition()` is truthy, and returns what it returned.

    Raises AssertionError naming `what` after `patience` seconds. `what` may be a function, called only then.
    """
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience} s: {what() if callable(what) else what}")
        time.sleep(0.02)
