#!/usr/bin/env python3
"""Makes the root folder of a container that runs one of our programs, and nothing else: no shell, no package manager.

    mkroot.py PROGRAM ROOT --manifest FILE [--debug FOLDER] [--ca-bundle FILE]

ROOT gets the program without its symbols, the shared libraries that it needs, the CA bundle, a passwd with the user of
uid 65532, that user's /run/viaduct, and the licences of everything inside. The debug folder gets the symbols, and the
manifest says which Debian package each file comes from. Runs on Debian 12, in an image's build stage as well.
"""

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LICENSE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "LICENSE")
UID = 65532
RUN_FOLDER = "run/viaduct"

# Libraries of which only headers are compiled into the programs.
HEADERS = ("libboost1.81-dev", "nlohmann-json3-dev")

FILES = {
    "etc/passwd": f"root:x:0:0:root:/:/nologin\nviaduct:x:{UID}:{UID}:viaduct:/:/nologin\n",
    "etc/group": f"root:x:0:\nviaduct:x:{UID}:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# The file that Debian's OpenSSL looks for.
CA_LINK = "usr/lib/ssl/cert.pem"


class Failed(Exception):
    """The root cannot be made; the message says why."""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def libraries(program):
    """Returns {name by which a library is asked for: its path}, and the path of the dynamic loader."""
    found, loader = {}, None
    for line in run("ldd", program).splitlines():
        if match := re.fullmatch(r"\s*(\S+) => (/\S+) \(0x[0-9a-f]+\)", line):
            found[match[1]] = match[2]
        elif match := re.fullmatch(r"\s*(/\S+) \(0x[0-9a-f]+\)", line):
            loader = match[1]
        elif "linux-vdso" not in line:
            raise Failed(f"{program}: ldd says{line.rstrip()}")
    if loader is None:
        raise Failed(f"{program}: not linked dynamically")
    return found, loader


def packages_of(paths):
    """Returns {path: the Debian package that the file belongs to}."""
    # dpkg knows many files by the path from before /lib became a link to /usr/lib.
    names = {path: (os.path.realpath(path), os.path.realpath(path).removeprefix("/usr")) for path in paths}
    command = ["dpkg-query", "--search", *sorted({each for both in names.values() for each in both})]
    # It fails if it does not know one of them, and prints the others: "libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6".
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    parts = (line.rpartition(": ") for line in lines if "diversion " not in line)
    owners = {path: package.split(", ")[0] for package, _, path in parts}
    found = {path: next((owners[each] for each in both if each in owners), None) for path, both in names.items()}
    unknown = sorted(path for path, package in found.items() if package is None)
    if unknown:
        raise Failed(f"of no Debian package: {', '.join(unknown)}")
    return found


def facts_of(packages):
    """Returns what dpkg says of each package, in the packages' order."""
    fields = ("binary:Package", "Package", "Version", "Architecture", "source:Package", "source:Version")
    form = "\t".join(f"${{{field}}}" for field in fields) + "\n"
    names = ("name", "version", "architecture", "source", "source_version")
    known = {}
    for line in run("dpkg-query", "--show", "--showformat", form, *packages).splitlines():
        key, *facts = line.split("\t")
        known[key.split(":")[0]] = dict(zip(names, facts, strict=True))
    return [known[package.split(":")[0]] for package in packages]


class Root:
    """The folder while it is being filled."""

    def __init__(self, folder):
        if os.path.exists(folder) and os.listdir(folder):
            raise Failed(f"{folder}: not empty")
        self._folder = folder
        self.files = {}  # Path in the root: package, or None for what is ours.

    def place(self, path):
        """Returns the path outside for one inside, whose folder then exists."""
        outside = os.path.join(self._folder, path)
        os.makedirs(os.path.dirname(outside), exist_ok=True)
        return outside

    def copy(self, source, path, mode, package):
        shutil.copyfile(os.path.realpath(source), self.place(path))
        os.chmod(self.place(path), mode)
        self.files[path] = package

    def write(self, path, text, package=None):
        with open(self.place(path), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.place(path), 0o644)
        self.files[path] = package


def strip(program, path, debug=None):
    """Writes the program without its symbols to `path`, and these to the folder `debug`, where debuggers find them."""
    # Bazel's outputs are read-only.
    shutil.copyfile(program, path)
    os.chmod(path, 0o755)
    run("strip", "--strip-all", path)
    if debug:
        os.makedirs(debug, exist_ok=True)
        symbols = os.path.join(debug, f"{os.path.basename(program)}.debug")
        run("objcopy", "--only-keep-debug", "--compress-debug-sections=zlib", program, symbols)
        run("objcopy", f"--add-gnu-debuglink={symbols}", path)


def add_program(root, program, debug):
    name = os.path.basename(program)
    strip(program, root.place(name), debug)
    root.files[name] = None


def add_libraries(root, program):
    found, loader = libraries(program)
    packages = packages_of([*found.values(), loader])
    for name, path in sorted(found.items()):
        folder = os.path.dirname(os.path.realpath(path)).lstrip("/")
        root.copy(path, f"{folder}/{name}", 0o644, packages[path])
    root.copy(loader, loader.lstrip("/"), 0o755, packages[loader])


def add_licences(root, packages):
    """Adds each package's copyright file, and the common licences that these only name."""
    root.copy(LICENSE, "usr/share/doc/viaduct/copyright", 0o644, None)
    common = set()
    for package in sorted(packages):
        name = package.split(":")[0]
        path = f"usr/share/doc/{name}/copyright"
        if not os.path.isfile("/" + path) and os.path.isfile(f"/{path}.gz"):
            with gzip.open(f"/{path}.gz", "rt", encoding="utf-8") as file:
                root.write(path, file.read(), package)
        else:
            root.copy("/" + path, path, 0o644, package)
        with open(root.place(path), encoding="utf-8", errors="replace") as file:
            common.update(re.findall(r"/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9])", file.read()))
    for name in sorted(common):
        if os.path.isfile(f"/usr/share/common-licenses/{name}"):
            root.copy(f"/usr/share/common-licenses/{name}", f"usr/share/common-licenses/{name}", 0o644, "base-files")


def make(program, folder, debug=None, ca_bundle=None):
    """Fills the folder; returns the manifest."""
    root = Root(folder)
    add_libraries(root, program)
    add_program(root, program, debug)
    for path, text in FILES.items():
        root.write(path, text)
    bundle = ca_bundle or CA_BUNDLE
    root.copy(bundle, CA_BUNDLE.lstrip("/"), 0o644, None if ca_bundle else "ca-certificates")
    os.symlink(CA_BUNDLE, root.place(CA_LINK))
    os.makedirs(os.path.join(folder, RUN_FOLDER))
    if os.geteuid() == 0:
        os.chown(os.path.join(folder, RUN_FOLDER), UID, UID)
    add_licences(root, {"base-files", *HEADERS} | {each for each in root.files.values() if each})
    packages = sorted({each for each in root.files.values() if each})
    return {
        "program": os.path.basename(program),
        "version": run(program, "--version").split()[-1],
        "architecture": run("dpkg", "--print-architecture").strip(),
        "files": root.files,
        "packages": dict(zip(packages, facts_of(packages), strict=True)),
        "headers": list(HEADERS),
    }


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("program")
    parser.add_argument("root")
    parser.add_argument("--manifest", required=True)
    parser.add_argument("--debug")
    parser.add_argument("--ca-bundle")
    options = parser.parse_args()
    manifest = make(options.program, options.root, options.debug, options.ca_bundle)
    with open(options.manifest, "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1, sort_keys=True)


if __name__ == "__main__":
    try:
        main()
    except (Failed, OSError) as error:
        sys.exit(f"mkroot: {error}")
