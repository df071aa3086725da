#!/usr/bin/env python3
"""Compares docs/logs.md with the log lines in the code: every message and every field, in both directions.

Exit code 1 and one line for each difference. A message is the text of a Log call or of a line's End; a field is a key
in a Log call's braces, or of a JsonLine.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Production code that writes log lines. ops/metrics and the chat's page write other JSON.
FOLDERS = ("ops/admin", "ops/config", "ops/log", "ops/program", "origin", "sidecar")
# JsonLine members and the functions that hand a key on to them.
MEMBER = re.compile(r'(?:\.|->|\b)(?:String|Int|Uint|Bool|Double|Millis|Null|BeginObject|AddMember|add)\(\s*"(\w+)"')
HANDED_ON = re.compile(r'\b(?:AddWire|AddField|AddWay)\(\s*"(\w+)"')
LOG_CALL = re.compile(r"\bLog\(\s*(?:ops::)?LogLevel::k\w+\s*,")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
PAIR = re.compile(r'\{\s*"(\w+)"\s*,')
END = re.compile(r'(?:\.|->)End\(\s*"([^"]+)"\s*\)')


def call_text(source, begin):
    """Returns the text of the call whose first argument begins at `begin`, up to its closing bracket."""
    depth = 1
    quoted = False
    for at in range(begin, len(source)):
        letter = source[at]
        if letter == '"' and source[at - 1] != "\\":
            quoted = not quoted
        elif not quoted and letter == "(":
            depth += 1
        elif not quoted and letter == ")":
            depth -= 1
            if depth == 0:
                return source[begin:at]
    return source[begin:]


def code_facts():
    """Returns the messages and the fields of the code, each with a file that has it."""
    messages, fields = {}, {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.cc")):
            source = path.read_text(encoding="utf-8")
            name = str(path.relative_to(ROOT))
            for found in LOG_CALL.finditer(source):
                call = call_text(source, found.end())
                # Two texts where one of them is chosen; the members begin with a brace.
                for text in TEXT.finditer(call.split("{")[0]):
                    messages.setdefault(text[1], name)
                for pair in PAIR.finditer(call):
                    fields.setdefault(pair[1], name)
            if "JsonLine" in source or "LogLines" in source or "AddMember" in source:
                for pattern in (MEMBER, HANDED_ON):
                    for found in pattern.finditer(source):
                        fields.setdefault(found[1], name)
            for found in END.finditer(source):
                messages.setdefault(found[1], name)
    return messages, fields


def documented(document, heading):
    """Returns the names in the first column of the tables below `heading`."""
    section = re.split(r"^## ", document, flags=re.M)
    rows = next(part for part in section if part.startswith(heading))
    return {name for row in re.findall(r"^\| (`.*?) \|", rows, re.M) for name in re.findall(r"`([^`]+)`", row)}


def main():
    document = (ROOT / "docs/logs.md").read_text(encoding="utf-8")
    messages, fields = code_facts()
    wrong = []
    for what, known, told in (
        ("message", messages, documented(document, "Messages")),
        ("field", fields, documented(document, "Fields")),
    ):
        wrong += [f'docs/logs.md lacks the {what} "{name}" of {known[name]}' for name in sorted(set(known) - told)]
        wrong += [f'docs/logs.md has the {what} "{name}", which no code writes' for name in sorted(told - set(known))]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
