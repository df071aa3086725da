"""Writes docs/configuration.md from the protos that are the programs' config schemas: their comments, and the rules that
they state as options (api/config/v1/field_rules.proto).

Usage: config_doc.py [--check] [ROOT]. With --check it writes nothing, and exits with 1 if the file differs from what the
protos say. Needs protoc and python3-protobuf (tools/packages.txt).
"""

import importlib
import os
import re
import subprocess
import sys
import tempfile

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet

DOCUMENT = "docs/configuration.md"
RULES = "api/config/v1/field_rules.proto"
# Each program, with its schema and the message of its config file.
PROGRAMS = (
    ("viaduct-sidecar", "api/sidecar/v1/sidecar.proto", ".viaduct.sidecar.v1.SidecarConfig"),
    ("viaduct-chat", "api/origin/v1/origin.proto", ".viaduct.origin.v1.OriginConfig"),
)

INTRODUCTION = """# Configuration

Every field of the programs' YAML files. tools/config_doc.py writes this page from the protos in `api/`, which are the
schema; a test compares the two. Fields of messages are mappings, repeated fields (`[]`) are lists, enum values are given
by name. Durations are written `250ms`, `25s`, `10m`, `1h`; unless the table says otherwise, they must be longer than
`0s`, at least `1ms` and at most a year. Unknown fields and values that are not allowed are errors that name file, line
and column. `--check` prints a file with all its defaults.

A container that cannot be given a file gets the text in an environment variable: `--config env:VIADUCT_CONFIG`; `--config
-` reads standard input. `${NAME}` in a value is not replaced. A file is watched for changes, the other two are read once.

Files that work as they are: [deploy/local/](../deploy/local/).
"""

TYPES = {
    FieldDescriptorProto.TYPE_BOOL: "true or false",
    FieldDescriptorProto.TYPE_ENUM: "enum",
    FieldDescriptorProto.TYPE_STRING: "text",
    FieldDescriptorProto.TYPE_UINT32: "number",
}
DURATION = ".google.protobuf.Duration"


class Schema:
    """The messages and enums of the config protos by full name, and the comment of each thing in them."""

    def __init__(self, root):
        protos = [proto for _, proto, _ in PROGRAMS]
        with tempfile.TemporaryDirectory() as directory:
            out = os.path.join(directory, "descriptors")
            protoc = ["protoc", f"-I{root}", "--include_imports", "--include_source_info"]
            subprocess.run([*protoc, f"--descriptor_set_out={out}", *protos], check=True, cwd=root)
            # The imported module makes the options readable.
            subprocess.run(["protoc", f"-I{root}", f"--python_out={directory}", RULES], check=True, cwd=root)
            sys.path.insert(0, directory)
            self.rules = importlib.import_module("api.config.v1.field_rules_pb2")
            with open(out, "rb") as file:
                files = FileDescriptorSet.FromString(file.read())
        self.types = {}
        self.comments = {}
        for file in files.file:
            comments = {tuple(at.path): " ".join(at.leading_comments.split()) for at in file.source_code_info.location}
            # The numbers are field numbers of FileDescriptorProto, DescriptorProto and EnumDescriptorProto.
            for kind, members, types in ((4, 2, file.message_type), (5, 2, file.enum_type)):
                for i, described in enumerate(types):
                    name = f".{file.package}.{described.name}"
                    self.types[name] = described
                    self.comments[name] = comments.get((kind, i), "")
                    for j, member in enumerate(described.field if kind == 4 else described.value):
                        self.comments[f"{name}.{member.name}"] = comments.get((kind, i, members, j), "")

    def rules_of(self, field):
        return field.options.Extensions[self.rules.rules]

    def rows(self, message, path, above):
        """Yields (path, type, default, allowed, meaning) of each field, followed by those of a message's fields."""
        for field in self.types[message].field:
            is_list = field.label == FieldDescriptorProto.LABEL_REPEATED
            name = f"{path}{field.name}" + ("[]" if is_list else "")
            comment = self.comments[f"{message}.{field.name}"]
            rules = self.rules_of(field)
            # Without presence, an explicit 0 or "" would silently mean the default.
            is_value = field.type in (FieldDescriptorProto.TYPE_UINT32, FieldDescriptorProto.TYPE_STRING)
            assert not is_value or field.proto3_optional or not (rules.min or rules.default.strip("0")), name
            default, allowed = default_words(field, rules), self.allowed_words(field, rules)
            if field.type == FieldDescriptorProto.TYPE_MESSAGE and field.type_name != DURATION:
                yield name, "mapping", default, allowed, comment or self.comments[field.type_name]
                # A message that contains itself would never end; there is none.
                assert field.type_name not in above, name
                yield from self.rows(field.type_name, f"{name}.", (*above, field.type_name))
            elif field.type == FieldDescriptorProto.TYPE_ENUM:
                yield name, "enum", default, allowed, f"{comment} {self.enum_words(field.type_name)}".strip()
            else:
                yield name, TYPES.get(field.type, "duration"), default, allowed, comment

    def enum_words(self, name):
        """Returns the meanings of an enum's values, in one line."""
        values = [value.name for value in self.types[name].value if not value.name.endswith("_UNSPECIFIED")]
        comments = [(value, self.comments[f"{name}.{value}"]) for value in values]
        return " ".join(f"`{value}`: {comment}" if comment else f"`{value}`." for value, comment in comments)

    def allowed_words(self, field, rules):
        """Returns the values that the rules allow, in a few words."""
        words = []
        unit = " items" if field.label == FieldDescriptorProto.LABEL_REPEATED else ""
        if rules.min and rules.max:
            words.append(f"`{rules.min}` to {quantity(field, rules.max)}")
        elif rules.min:
            words.append(f"at least {quantity(field, rules.min)}")
        elif rules.max:
            words.append(f"at most {quantity(field, rules.max)}{unit}")
        if rules.zero_is_off:
            words.append(f"`{'0s' if field.type_name == DURATION else '0'}`: off")
        if rules.format in (self.rules.ADDRESS, self.rules.PEER_ADDRESS):
            words.append("`ADDRESS:PORT` or `unix:PATH`")
        elif rules.format == self.rules.TCP_ADDRESS:
            words.append("`ADDRESS:PORT`")
        if rules.pattern_rule:
            words.append(rules.pattern_rule)
        return "; ".join(words)


def quantity(field, text):
    """Returns a number or duration as text; numbers of bytes also in larger units."""
    if field.name.endswith("_bytes"):
        for size, unit in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
            if int(text) >= size and int(text) % size == 0:
                return f"`{text}` ({int(text) // size} {unit})"
    return f"`{text}`"


def default_words(field, rules):
    if rules.required:
        return "required"
    return quantity(field, rules.default) if rules.default else ""


def document(root):
    """Returns the whole page."""
    schema = Schema(root)
    parts = [INTRODUCTION]
    for program, _, message in PROGRAMS:
        lines = [f"## {program}", "", "| field | is | default | allowed | meaning |", "|---|---|---|---|---|"]
        for path, *cells in schema.rows(message, "", (message,)):
            cells = [re.sub(r"([|<])", r"\\\1", cell) for cell in cells]
            lines.append(f"| `{path}` | " + " | ".join(cells) + " |")
        parts.append("\n".join(lines).replace("|  |", "| |").replace("|  |", "| |") + "\n")
    return "\n".join(parts)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    # The source tree, even if Bazel runs this through a link.
    root = arguments[0] if arguments else os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    path = os.path.join(root, DOCUMENT)
    text = document(root)
    if "--check" not in sys.argv:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return 0
    with open(path, encoding="utf-8") as file:
        if file.read() == text:
            return 0
    print(f"{DOCUMENT} differs from what the protos say: python3 tools/config_doc.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
