"""Compares which folder uses which, as the BUILD files say, with tools/arrows.txt, and prints the list.

Usage: arrows.py [ROOT]. Prints one line for each finding after the list, and ends with 1 if there is any.

An arrow goes from a folder to another one that one of its targets names. The list holds the folders of production code,
lowest first: a folder may use only those above it, so there is no circle. Both an arrow that is not listed and a listed
one that is gone are findings. So is a visibility that is wider than what uses it; Bazel itself refuses a narrower one.
"""

import ast
import dataclasses
import os
import re
import sys

LIST = "tools/arrows.txt"
# Folders without production code of ours: arrows from and to them are not listed.
UNLISTED = ("bazel", "bench", "deploy", "docs", "tests", "third_party", "tools")
# The arguments of a call in a BUILD file that name no used target.
NO_USE = ("name", "visibility", "default_visibility", "tags")


@dataclasses.dataclass
class Target:
    """A target: the labels it uses, as (package, name), and who may use it (None: the package's default)."""

    uses: set
    visibility: list


@dataclasses.dataclass
class Package:
    """The declarations of a BUILD file."""

    default: list
    groups: dict
    targets: dict


def strings(node, variables=None):
    """Yields each string below a node, and those of the variables that it names."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
        elif isinstance(part, ast.Name) and variables:
            yield from variables.get(part.id, ())


def split(label, package):
    """Returns the (package, name) of a label, or None if the text is not a label of this repository."""
    match = re.fullmatch(r"(?://([\w./-]*))?(?::([\w./+-]+))?", label)
    if match is None or not label:
        return None
    place = package if match[1] is None else match[1]
    return place, match[2] or place.rsplit("/", 1)[-1]


def parse(text, folder):
    """Returns the Package of a BUILD file's text; its labels are whole."""
    package = Package(["//visibility:private"], {}, {})
    variables = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign):
            variables.update((name.id, list(strings(statement.value))) for name in statement.targets)
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
            continue
        call = statement.value
        rule = call.func.id if isinstance(call.func, ast.Name) else ""
        values = {keyword.arg: keyword.value for keyword in call.keywords}
        given = {name: list(strings(value, variables)) for name, value in values.items()}
        if rule == "load":
            continue
        if rule == "package":
            package.default = given.get("default_visibility", package.default)
        elif rule == "package_group":
            package.groups[given["name"][0]] = given["packages"]
        else:
            # Commands contain labels in their text: $(location //a:b).
            texts = [t for name, all_of in given.items() if name not in NO_USE for t in all_of]
            texts += [label for t in texts for label in re.findall(r"\$\(\w+ (//[^)]+)\)", t)]
            names = given.get("name") or (list(strings(call.args[0])) if call.args else [])
            uses = {split(t, folder) for t in texts if t.startswith(("//", ":"))} - {None}
            for name in names:
                package.targets[name] = Target(uses, given.get("visibility"))
    return package


def read(root):
    """Returns the packages below root by their folders."""
    packages = {}
    for place, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f != ".git")
        if "BUILD.bazel" in names:
            folder = "" if place == root else os.path.relpath(place, root)
            with open(os.path.join(place, "BUILD.bazel"), encoding="utf-8") as file:
                packages[folder] = parse(file.read(), folder)
    return packages


def is_listed(folder):
    """Returns True if a folder has production code of ours."""
    return folder != "" and folder.split("/")[0] not in UNLISTED


def arrows(packages):
    """Returns the folders that each folder uses, among the listed ones."""
    return {
        folder: {
            place
            for target in package.targets.values()
            for place, _ in target.uses
            if place != folder and is_listed(place)
        }
        for folder, package in packages.items()
        if is_listed(folder)
    }


def read_list(lines):
    """Returns [(folder, the folders it may use)] for the list's lines, in their order."""
    listed = []
    for line in lines:
        words = line.split("#")[0].split()
        if words and not line[0].isspace():
            listed.append((words[0], words[1:]))
        elif words:
            listed[-1][1].extend(words)
    return listed


def check_list(listed, actual):
    """Yields the findings in the list itself."""
    above = []
    for folder, uses in listed:
        for other in uses:
            if other not in above:
                yield f"{LIST}: {folder} is not below {other}, which it uses"
            if other not in actual.get(folder, ()):
                yield f"{LIST}: {folder} does not use {other} any more"
        for other in sorted(actual.get(folder, set()) - set(uses)):
            yield f"{LIST}: {folder} uses {other}, which is not listed"
        if folder not in actual:
            yield f"{LIST}: there is no {folder}"
        above.append(folder)
    for folder in sorted(set(actual) - set(above)):
        yield f"{LIST}: {folder} is missing"


def granted(spec, packages, folder):
    """Returns the packages outside of tests that a visibility admits: each is a folder, or a folder/..."""
    if re.fullmatch(r"//tests\b.*|//visibility:private", spec):
        return []
    place, name = split(spec, folder)
    if name == "__pkg__":
        return [place]
    if name == "__subpackages__":
        return [place + "/..."]
    group = packages[place].groups.get(name, []) if place in packages else []
    return [p[2:] for p in group if not p.startswith("//tests")] or ["..."]


def covers(pattern, folder):
    """Returns True if a package pattern matches a folder."""
    if not pattern.endswith("..."):
        return pattern == folder
    return (folder + "/").startswith(pattern[:-3])


def check_visibility(packages):
    """Yields a finding for each visibility that admits more than the actual users."""
    users = {}
    for folder, package in packages.items():
        for target in package.targets.values():
            for label in target.uses:
                users.setdefault(label, set()).add(folder)
    for folder, package in packages.items():
        if not is_listed(folder):
            continue
        of_package = {user for (place, _), some in users.items() if place == folder for user in some}
        for pattern in package.groups.get("users", []):
            if pattern.startswith("//tests"):
                continue
            if not any(covers(pattern[2:], user) for user in of_package - {folder}):
                yield f"{folder}: {pattern} is no user of it"
        for name, target in package.targets.items():
            mine = users.get((folder, name), set())
            for spec in target.visibility or package.default:
                let_in = granted(spec, packages, folder)
                if let_in and not any(covers(pattern, user) for pattern in let_in for user in mine - {folder}):
                    yield f"{folder}:{name}: visible to {spec}, and not used from there"


def wrapped(folder, uses, width):
    """Returns the list's line for a folder, broken at 100 columns."""
    text = folder.ljust(width)
    lines = []
    for other in sorted(uses):
        if len(text) + len(other) > 99:
            lines.append(text.rstrip())
            text = " " * width
        text += " " + other
    return "\n".join([*lines, text.rstrip()])


def check(root):
    """Returns the actual list of the BUILD files, in the listed order, and the findings."""
    packages = read(root)
    actual = arrows(packages)
    with open(os.path.join(root, LIST), encoding="utf-8") as file:
        listed = read_list(file)
    order = [folder for folder, _ in listed if folder in actual]
    order += sorted(set(actual) - set(order))
    width = max(map(len, order), default=0)
    table = [wrapped(folder, actual[folder], width) for folder in order]
    return table, [*check_list(listed, actual), *check_visibility(packages)]


def main():
    # The source tree, even if Bazel runs this through a link.
    default = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    table, findings = check(sys.argv[1] if len(sys.argv) > 1 else default)
    print("\n".join([*table, *findings]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
