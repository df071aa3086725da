"""The project's usual library and test: one file pair, one file."""

load("@rules_cc//cc:defs.bzl", "cc_library", "cc_test")

def viaduct_cc_library(name, deps = [], **kwargs):
    """Declares the library of the file pair NAME.h and NAME.cc; the latter may be missing.

    Args:
      name: the library, and the stem of its files.
      deps: as of cc_library.
      **kwargs: passed on to cc_library.
    """
    cc_library(
        name = name,
        srcs = native.glob([name + ".cc"]),
        hdrs = [name + ".h"],
        deps = deps,
        **kwargs
    )

def viaduct_cc_test(name, deps = [], **kwargs):
    """Declares the test in NAME.cc, written with GoogleTest.

    Args:
      name: the test, and the stem of its file.
      deps: as of cc_test; GoogleTest comes with it.
      **kwargs: passed on to cc_test.
    """
    cc_test(
        name = name,
        srcs = [name + ".cc"],
        deps = deps + ["//third_party:gtest"],
        **kwargs
    )
