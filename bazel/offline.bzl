"""Local stand-ins for the three repositories that Bazel 4 would otherwise download.

A repository declared in WORKSPACE wins over Bazel's default of the same name, so a build needs no network.
"""

_RULES_CC = """
cc_binary = native.cc_binary
cc_library = native.cc_library
cc_test = native.cc_test
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
"""

_RULES_JAVA = """
java_import = native.java_import
java_runtime = native.java_runtime
java_toolchain = native.java_toolchain
"""

_COVERAGE = """
filegroup(name = "coverage_report_generator", visibility = ["//visibility:public"])
filegroup(name = "lcov_merger", visibility = ["//visibility:public"])
"""

def _stand_in_impl(ctx):
    for path, content in ctx.attr.files.items():
        ctx.file(path, content)

_stand_in = repository_rule(_stand_in_impl, attrs = {"files": attr.string_dict()})

def offline_repositories():
    _stand_in(name = "rules_cc", files = {"cc/BUILD": "", "cc/defs.bzl": _RULES_CC})
    _stand_in(name = "rules_java", files = {"java/BUILD": "", "java/defs.bzl": _RULES_JAVA})
    _stand_in(name = "remote_coverage_tools", files = {"BUILD": _COVERAGE})
