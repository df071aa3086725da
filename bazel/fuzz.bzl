"""cc_fuzz_test: a libFuzzer target that, without --config=fuzz, is a plain test replaying its corpus."""

load("@rules_cc//cc:defs.bzl", "cc_test")

def cc_fuzz_test(name, corpus, deps = [], **kwargs):
    """Declares one fuzz target.

    Args:
      name: the test.
      corpus: the directory of its seed inputs, inside this package.
      deps: as of cc_test.
      **kwargs: passed on to cc_test.
    """
    cc_test(
        name = name,
        args = [native.package_name() + "/" + corpus],
        data = native.glob([corpus + "/**"]),
        linkopts = select({
            "//bazel:fuzz": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            "//bazel:fuzz": [],
            "//conditions:default": ["//tests/fuzz:replay"],
        }),
        **kwargs
    )
