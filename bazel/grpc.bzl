"""C++ and Python code from .proto files, by the system's protoc and gRPC plugins."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def cc_proto_library(name, src, imports = [], deps = [], grpc = False, py = False, **kwargs):
    """Generates and compiles the messages, and with `grpc` the services, of one .proto file.

    Args:
      name: the library.
      src: the .proto file; other files import it by its path from the workspace root.
      imports: .proto files it imports, other than google/protobuf/*.
      deps: the cc_proto_library of each import.
      grpc: whether to generate the services too.
      py: whether to make the py_grpc_library too; NAME_cc and NAME_py are then the libraries' names.
      **kwargs: passed on to cc_library.
    """
    stem = src[:-len(".proto")]
    kinds = ["pb", "grpc.pb"] if grpc else ["pb"]
    hdrs = [stem + "." + kind + ".h" for kind in kinds]
    srcs = [stem + "." + kind + ".cc" for kind in kinds]
    plugin = "--grpc_out=$(GENDIR) --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin " if grpc else ""
    native.genrule(
        name = name + "_protoc",
        srcs = [src] + imports,
        outs = hdrs + srcs,
        cmd = "protoc -I. --cpp_out=$(GENDIR) " + plugin + "$(location " + src + ")",
    )
    cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        deps = deps + ["//third_party:grpc++" if grpc else "//third_party:protobuf"],
        **kwargs
    )
    if py:
        py_grpc_library(
            name = _python(name),
            src = src,
            imports = imports,
            deps = [_python(dep) for dep in deps],
            testonly = True,
            visibility = ["//tests:__subpackages__"],
        )

def _python(name):
    return name[:-len("_cc")] + "_py"

def py_grpc_library(name, src, imports = [], **kwargs):
    """Generates Python messages and stubs, for tests that need a client independent of ours.

    Args:
      name: the library.
      src: the .proto file.
      imports: .proto files it imports, other than google/protobuf/*.
      **kwargs: passed on to py_library.
    """
    stem = src[:-len(".proto")]
    outs = [stem + "_pb2.py", stem + "_pb2_grpc.py"]
    native.genrule(
        name = name + "_protoc",
        srcs = [src] + imports,
        outs = outs,
        cmd = "protoc -I. --python_out=$(GENDIR) --grpc_out=$(GENDIR) " +
              "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin $(location " + src + ")",
    )
    native.py_library(name = name, srcs = outs, **kwargs)
