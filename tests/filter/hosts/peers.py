"""The programs of tools/peers, which ./dev has fetched.

The tests that use them are tagged "manual": ./dev runs them in a lane of their own, with the folder of the programs in
the environment.
"""

import os


def peer(name, version):
    """Returns the path of a program."""
    return os.path.join(os.environ["VIADUCT_PEERS"], f"{name}-{version}")
