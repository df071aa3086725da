"""Writes docs/configuration.md from the comments of the protos that are the programs' config schemas.

Usage: config_doc.py [--check] [ROOT]. With --check nothing is written, and it ends with 1 if the file is not what the
protos say.
"""

import os
import re
import sys

DOCUMENT = "docs/configuration.md"
SHARED = ("api/admin/v1/admin_listener.proto", "api/filter/v1/filter.proto")
# Each with its schema and the message that a file is. Two schemas may have messages of one name.
PROGRAMS = (
    ("viaduct-sidecar", "api/sidecar/v1/sidecar.proto", "SidecarConfig"),
    ("viaduct-chat", "api/origin/v1/origin.proto", "OriginConfig"),
)

INTRODUCTION = """# Configuration

Every field of the programs' YAML files. This page is written by tools/config_doc.py from the comments of the protos in
`api/`, which are the schema; a test holds it against them. Fields of messages are mappings, repeated fields (`[]`) are
lists, enums go by name. Durations are written `250ms`, `25s`, `10m`, `1h`. A field that does not exist and a value that
is not allowed are errors that name file, line and column. `--check` prints a file with all its defaults.

Files that work as they are: [deploy/local/](../deploy/local/).
"""

FIELD = re.compile(r"(repeated |optional )?([\w.]+) (\w+) = \d+;")
VALUE = re.compile(r"(\w+) = \d+;")
BLOCK = re.compile(r"(message|enum) (\w+) \{")


class Block:
    """A message or an enum: (label, type, name, comment) of each field, or (None, None, name, comment) of each value."""

    def __init__(self, kind, comment):
        self.kind = kind
        self.comment = comment
        self.members = []


def read_blocks(text):
    """Returns the messages and enums of a proto's text, by name."""
    blocks = {}
    block = None
    comment = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("//"):
            comment.append(line[2:].strip())
            continue
        opened = BLOCK.match(line)
        field = FIELD.match(line)
        value = VALUE.match(line)
        if opened:
            block = blocks[opened[2]] = Block(opened[1], " ".join(comment))
        elif line.startswith("}"):
            block = None
        elif block is not None and block.kind == "message" and field:
            block.members.append(((field[1] or "").strip(), field[2].rpartition(".")[2], field[3], " ".join(comment)))
        elif block is not None and block.kind == "enum" and value:
            block.members.append((None, None, value[1], " ".join(comment)))
        if not line.startswith("oneof"):
            comment = []
    return blocks


def enum_words(block):
    """What an enum's values mean, in one line."""
    values = [(name, comment) for _, _, name, comment in block.members if not name.endswith("_UNSPECIFIED")]
    return " ".join(f"`{name}`: {comment}" if comment else f"`{name}`." for name, comment in values)


def rows(blocks, message, path, above):
    """Yields (path, type, meaning) of each field of `message`, those of its messages right behind it."""
    for label, kind, name, comment in blocks[message].members:
        field = f"{path}{name}" + ("[]" if label == "repeated" else "")
        block = blocks.get(kind)
        if block is None:
            yield field, {"Duration": "duration", "string": "text", "uint32": "number"}.get(kind, kind), comment
        elif block.kind == "enum":
            yield field, "enum", f"{comment} {enum_words(block)}".strip()
        else:
            yield field, "mapping", comment or block.comment
            # A message inside itself would never end; there is none.
            assert kind not in above, field
            yield from rows(blocks, kind, f"{field}.", (*above, kind))


def document(root):
    """Returns the whole page."""
    parts = [INTRODUCTION]
    for program, proto, message in PROGRAMS:
        blocks = {}
        for path in (*SHARED, proto):
            with open(os.path.join(root, path), encoding="utf-8") as file:
                blocks.update(read_blocks(file.read()))
        lines = [f"## {program}", "", "| field | is | meaning |", "|---|---|---|"]
        for path, kind, meaning in rows(blocks, message, "", (message,)):
            meaning = meaning.replace("|", "\\|").replace("<", "\\<")
            lines.append(f"| `{path}` | {kind} | {meaning} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    # The source tree, also when Bazel runs this by a link.
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
    print(f"{DOCUMENT} is not what the protos say: python3 tools/config_doc.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
