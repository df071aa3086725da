"""The paths of our own programs: in a test's runfiles, or where the build left them."""

import os

_SOURCES = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def program(path):
    """Returns the path of a built program, given its path from the workspace's root."""
    if "TEST_SRCDIR" in os.environ:
        return os.path.join(os.environ["TEST_SRCDIR"], os.environ["TEST_WORKSPACE"], path)
    return os.path.join(_SOURCES, "bazel-bin", path)


def source(path):
    """Returns a file of the source tree, from any working directory."""
    return os.path.join(_SOURCES, path)


LOAD = "bench/load/bench-load"
BACKEND = "bench/backend/bench-backend"
FLOOR = "bench/floor/bench-floor"
CHAT_FLOOR = "bench/floor/bench-chat-floor"
SIDECAR = "sidecar/viaduct-sidecar"
CHAT = "origin/viaduct-chat"
FILTER = "bench/filter/evaluate_bench"
MODULE = "filter/envoy_module/libviaduct_vpc_origin.so"
