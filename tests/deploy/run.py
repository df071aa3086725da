"""Runs the tests of what deploys Viaduct (deploy/), and prints "N passed, N failed" as the last line.

    run.py --sidecar PROGRAM --chat PROGRAM --ctl PROGRAM --cache DIR

Node's packages and Python's come from their registries the first time and are kept in the cache. Ends with 1 if a test
failed.
"""

import argparse
import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, ROOT)

from tests.deploy.container import cannot_run  # noqa: E402

CDK = os.path.join(ROOT, "deploy", "cdk")
# A fetch, a compilation or a suite that takes longer hangs.
TIMEOUT = 600


class Failed(Exception):
    """What the tests need could not be had."""


def run(*command, **options):
    """Runs a command and returns what it printed. Fails with that if the command fails."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT, check=False, **options
    )
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def kept(cache, name, inputs, make):
    """Returns a folder of the cache that `make` fills, once for each content of the `inputs`."""
    digest = hashlib.sha256()
    for path in inputs:
        with open(path, "rb") as file:
            digest.update(file.read())
    place = os.path.join(cache, f"{name}-{digest.hexdigest()[:12]}")
    if not os.path.isfile(os.path.join(place, "complete")):
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        make(place)
        open(os.path.join(place, "complete"), "wb").close()
    return place


def fetch_node_packages(place):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(CDK, name), place)
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", cwd=place)


def fetch_python_packages(place):
    """Makes a virtual environment. Its programs name the place where it was made, so it is not moved."""
    run(sys.executable, "-m", "venv", place)
    pip = os.path.join(place, "bin", "pip")
    requirements = os.path.join(HERE, "requirements.txt")
    run(pip, "--disable-pip-version-check", "--quiet", "install", "--no-deps", "-r", requirements)


def counted(said, passed, failed, status):
    """Returns (passed, failed) by the patterns; a suite that ended badly without saying so has failed."""
    found = [re.search(pattern, said, re.MULTILINE) for pattern in (passed, failed)]
    passed, failed = (int(match[1]) if match else 0 for match in found)
    return passed, failed or (1 if status != 0 or passed == 0 else 0)


def test_cdk(modules, environment, lint):
    """Compiles the app with its tests beside the packages, and runs them."""
    with tempfile.TemporaryDirectory(prefix="viaduct-cdk-") as folder:
        for name in ("bin", "src", "rotation", "cdk.json", "package.json", "tsconfig.json"):
            source = os.path.join(CDK, name)
            copy = shutil.copytree if os.path.isdir(source) else shutil.copy
            copy(source, os.path.join(folder, name))
        shutil.copytree(os.path.join(HERE, "cdk"), os.path.join(folder, "test"))
        os.symlink(os.path.join(modules, "node_modules"), os.path.join(folder, "node_modules"))
        run(os.path.join(folder, "node_modules", ".bin", "tsc"), cwd=folder)
        done = subprocess.run(
            ["node", "--test", "--test-reporter=tap", "out/test/all.test.js"],
            cwd=folder,
            env={**environment, "VIADUCT_CFN_LINT": lint},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    return done.stdout, counted(done.stdout, r"^# pass (\d+)$", r"^# fail (\d+)$", done.returncode)


def test_python(*command, environment):
    """Runs a file of Python's unittest."""
    done = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    ran = re.search(r"^Ran (\d+) tests? in", done.stdout, re.MULTILINE)
    ran = int(ran[1]) if ran else 0
    failed = sum(map(int, re.findall(r"(?:failures|errors)=(\d+)", done.stdout)))
    if not failed and (done.returncode != 0 or ran == 0):
        failed = 1
    return done.stdout, (max(ran - failed, 0), failed)


def reason_not_to_run_containers():
    """Returns why no container can run on this machine, or None."""
    with tempfile.TemporaryDirectory(prefix="viaduct-probe-") as folder:
        return cannot_run(folder)


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--sidecar", required=True)
    parser.add_argument("--chat", required=True)
    parser.add_argument("--ctl", required=True)
    parser.add_argument("--cache", required=True)
    options = parser.parse_args()

    environment = {
        **os.environ,
        "VIADUCT_SIDECAR": os.path.abspath(options.sidecar),
        "VIADUCT_CHAT": os.path.abspath(options.chat),
        "VIADUCT_CTL": os.path.abspath(options.ctl),
        "VIADUCT_ROOT": ROOT,
    }
    lock = [os.path.join(CDK, name) for name in ("package.json", "package-lock.json")]
    modules = kept(options.cache, "cdk", lock, fetch_node_packages)
    tools = kept(options.cache, "cfn-lint", [os.path.join(HERE, "requirements.txt")], fetch_python_packages)
    binaries = os.path.join(tools, "bin")
    why = reason_not_to_run_containers()
    if why is not None:
        print(f"skipped: the task in containers: {why}")

    def python(name, *before):
        return pool.submit(test_python, *before, os.path.join(HERE, name), environment=environment)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        suites = {
            "CDK": pool.submit(test_cdk, modules, environment, os.path.join(binaries, "cfn-lint")),
            "rotation": python("rotation_test.py", os.path.join(binaries, "python")),
            "image": python("image_test.py", sys.executable),
        }
        if why is None:
            suites["task"] = python("task_test.py", "unshare", "--net", sys.executable)
        counts = {}
        for name, suite in suites.items():
            said, counts[name] = suite.result()
            if counts[name][1]:
                print(said)
            print(f"{name}: {counts[name][0]} passed, {counts[name][1]} failed")
    passed, failed = (sum(count[i] for count in counts.values()) for i in (0, 1))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        sys.exit(f"tests of deploy: {error}")
