#!/usr/bin/env python3
"""Makes a release of the built programs: archives, container images, bills of materials and checksums.

    release.py --sidecar PROGRAM --chat PROGRAM --ctl PROGRAM --output FOLDER

Equal programs on an equal system make equal files. `./dev release` builds the programs first.
"""

import argparse
import gzip
import hashlib
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, ROOT)

from deploy.image import mkimage, mkroot, sbom  # noqa: E402

# What the archive holds besides the programs.
TEXTS = ("CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md")
FOLDERS = ("docs", "deploy/local", "deploy/observability", "deploy/ecs")
IMAGES = ("sidecar", "chat")


def pack(folder, path):
    """Writes a folder's content as a tar.gz."""
    with open(path, "wb") as file:
        file.write(gzip.compress(mkimage.tar_of(folder), compresslevel=6, mtime=0))


def make_images(programs, output, work):
    """Writes image and bill of materials of each; returns version, architecture, and the Debian packages in use."""
    debug = os.path.join(work, "debug")
    told, needed = set(), set()
    for name in IMAGES:
        root = os.path.join(work, name)
        manifest = mkroot.make(programs[name], root, debug)
        told.add((manifest["version"], manifest["architecture"]))
        needed.update(facts["name"] for facts in manifest["packages"].values())
        stem = os.path.join(output, f"viaduct-{name}-{manifest['version']}-linux-{manifest['architecture']}")
        mkimage.make(root, manifest, f"{stem}.oci.tar")
        with open(f"{stem}.spdx.json", "w", encoding="utf-8") as file:
            json.dump(sbom.document(root, manifest), file, indent=1)
        with open(os.path.join(work, f"{name}.json"), "w", encoding="utf-8") as file:
            json.dump(manifest, file)
    if len(told) != 1:
        raise mkroot.Failed(f"the programs are of several versions: {sorted(told)}")
    return *told.pop(), sorted(needed - {"base-files", *mkroot.HEADERS})


def make_archives(programs, version, architecture, packages, output, work):
    stem = f"viaduct-{version}-linux-{architecture}"
    debug = os.path.join(work, "debug")
    inside = os.path.join(work, "archive", stem)
    os.makedirs(os.path.join(inside, "bin"))
    for name in IMAGES:
        program = os.path.basename(programs[name])
        shutil.copy(os.path.join(work, name, program), os.path.join(inside, "bin", program))
    control = os.path.basename(programs["ctl"])
    mkroot.strip(programs["ctl"], os.path.join(inside, "bin", control), debug)
    with open(os.path.join(inside, "debian-packages.txt"), "w", encoding="utf-8") as file:
        file.writelines(f"{package}\n" for package in packages)
    for text in TEXTS:
        shutil.copy(os.path.join(ROOT, text), inside)
    for folder in FOLDERS:
        ignored = shutil.ignore_patterns("BUILD.bazel", "__pycache__")
        shutil.copytree(os.path.join(ROOT, folder), os.path.join(inside, folder), ignore=ignored)
    pack(os.path.join(work, "archive"), os.path.join(output, f"{stem}.tar.gz"))
    pack(debug, os.path.join(output, f"{stem}-debug.tar.gz"))


def write_checksums(output):
    lines = []
    for name in sorted(os.listdir(output)):
        with open(os.path.join(output, name), "rb") as file:
            lines.append(f"{hashlib.sha256(file.read()).hexdigest()}  {name}\n")
    with open(os.path.join(output, "SHA256SUMS"), "w", encoding="utf-8") as file:
        file.writelines(lines)


def make(programs, output, work):
    """Writes the release to the folder `output`, which must be empty or absent. `work` keeps roots and manifests."""
    os.makedirs(output, exist_ok=True)
    if os.listdir(output):
        raise mkroot.Failed(f"{output}: not empty")
    version, architecture, packages = make_images(programs, output, work)
    make_archives(programs, version, architecture, packages, output, work)
    write_checksums(output)


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("sidecar", "chat", "ctl", "output"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    programs = {name: getattr(options, name) for name in ("sidecar", "chat", "ctl")}
    with tempfile.TemporaryDirectory(prefix="viaduct-release-") as work:
        make(programs, options.output, work)
    for name in sorted(os.listdir(options.output)):
        print(f"{os.path.getsize(os.path.join(options.output, name)):>10}  {os.path.join(options.output, name)}")


if __name__ == "__main__":
    try:
        main()
    except (mkroot.Failed, OSError) as error:
        sys.exit(f"release: {error}")
