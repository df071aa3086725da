"""clang-tidy as an aspect: an action for each file of ours, so that only what changed is checked again.

    bazel build --aspects=//bazel:clang_tidy.bzl%clang_tidy --output_groups=clang_tidy //...

`./dev lint` calls it. The checks are those of /.clang-tidy; generated and third-party code is left alone.
"""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# Prints what is found, with paths from the workspace root, and nothing else.
_COMMAND = """
report=$1
shift
clang-tidy-19 --quiet --config-file=.clang-tidy "$@" >"$report" 2>/dev/null || { sed "s#$PWD/##g" "$report"; exit 1; }
"""

def _flags(ctx, context):
    """The flags that the compiler gets for a file of the target."""
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        # The compiler checks it; clang-tidy would need the module maps.
        unsupported_features = ctx.disabled_features + ["layering_check", "module_maps"],
    )
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + ctx.rule.attr.copts,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = depset(transitive = [context.defines, context.local_defines]),
    )
    return cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = variables,
    )

def _clang_tidy_impl(target, ctx):
    if CcInfo not in target or target.label.package == "third_party" or not hasattr(ctx.rule.attr, "srcs"):
        return []
    context = target[CcInfo].compilation_context
    sources = [f for s in ctx.rule.attr.srcs for f in s.files.to_list() if f.is_source and f.extension == "cc"]
    headers = [f for h in getattr(ctx.rule.attr, "hdrs", []) for f in h.files.to_list() if f.is_source]

    # A header is checked with its .cc; one without a .cc is checked by itself.
    stems = {f.path[:-len(".cc")]: True for f in sources}
    alone = [f for f in headers if f.path[:-len(".h")] not in stems]
    reports = []
    for file in sources + alone:
        report = ctx.actions.declare_file("{}.{}.clang_tidy".format(target.label.name, file.basename))
        stem = file.path[:-len(file.extension) - 1]
        ctx.actions.run_shell(
            command = _COMMAND,
            arguments = [report.path, file.path, "--header-filter=(^|/)" + stem + "[.]h$", "--", "-x", "c++"] +
                        _flags(ctx, context),
            inputs = depset([file, ctx.file._config], transitive = [context.headers]),
            outputs = [report],
            mnemonic = "ClangTidy",
            progress_message = "Checking " + file.path,
        )
        reports.append(report)
    return [OutputGroupInfo(clang_tidy = depset(reports))]

clang_tidy = aspect(
    implementation = _clang_tidy_impl,
    attrs = {
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_config": attr.label(default = "//:.clang-tidy", allow_single_file = True),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
