"""The lines about the machine, the date and the versions of a run."""

import datetime
import os
import platform
import shlex
import subprocess

from bench.programs import source
from bench.subjects import ENVOY


def _first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return ((done.stdout or done.stderr).strip().splitlines() or ["unknown"])[0]


def _processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith(("model name", "CPU part"))]
    return f"{len(names)} × {names[0]}" if names else platform.machine()


def describe(bench, arguments):
    """Returns the command of `bench`, the commit, the date, the machine and its load at the time of this call."""
    commit = _first_line(["git", "-C", source("."), "describe", "--always", "--dirty"])
    busy = os.getloadavg()[0]
    loaded = ", **so others used it: believe the ratios only, and those only roughly**" if busy > 1.0 else ""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return "\n".join(
        [
            f"- command: `./dev bench {bench}{''.join(' ' + shlex.quote(word) for word in arguments)}`",
            f"- commit: `{commit}`, {now}",
            f"- machine: {_processor()}, Linux {platform.release()}; load average at the start {busy:.1f}{loaded}",
        ]
    )


def versions(subjects):
    """Returns the versions of the programs that run the peers among the names of `subjects`."""
    known = {
        "nginx": ["/usr/sbin/nginx", "-v"],
        "haproxy": ["/usr/sbin/haproxy", "-v"],
        "node": ["node", "--version"],
        "rust": ["cargo", "--version"],
        # The proxy "go" and the chat "gorilla".
        "go": ["go", "version"],
    }
    found = [_first_line(command) for name, command in known.items() if any(s.startswith(name) for s in subjects)]
    if any(name.startswith("envoy") for name in subjects):
        found.append(ENVOY)
    return "- peers: " + "; ".join(found) if found else "- no peers"
