"""Runs Autobahn's suite against the chat's codec, direct and through the sidecar, and prints what came of it.

    run.py --echo PROGRAM --sidecar PROGRAM --cache DIR --reports DIR [--quick]

--quick leaves out what is about speed (9.*) and most of the sizes in 12.* and 13.*. Direct, clients may take their
compression's context over; through the sidecar they may not. Ends with 1 if a case failed, was only NON-STRICT, or
was not run.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))

from tests.conformance import python27  # noqa: E402
from tests.support.edge_request import EDGE_HEADERS  # noqa: E402
from tests.support.places import free_port  # noqa: E402

NAMES = {
    "1": "framing",
    "2": "pings and pongs",
    "3": "reserved bits",
    "4": "opcodes",
    "5": "fragmentation",
    "6": "UTF-8",
    "7": "close handshake",
    "9": "limits and speed",
    "10": "automatic fragmentation",
    "12": "compression, sizes",
    "13": "compression, parameters",
}

# Cases that run one after the other in a process of their own. The suite has no groups 8 and 11.
WHOLE = [["1.*", "2.*", "3.*", "4.*"], ["5.*", "7.*", "10.*"], ["6.*"]]
SIZED = [f"12.{i}" for i in range(1, 6)] + [f"13.{i}" for i in range(1, 8)]
QUICK_SIZES = (2,)
# The suite's number of cases in each group, so that no case is missed.
COUNTS = {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1, "12": 90, "13": 126}

# A unit of many large cases takes long on a busy machine; the suite itself times each case out.
UNIT_TIMEOUT = 4 * 3600
START_TIMEOUT = 60


def units(quick):
    """Returns lists of case patterns, the long ones first."""
    if quick:
        return [[f"{group}.{size}" for size in QUICK_SIZES] for group in SIZED] + WHOLE
    # A pattern is a prefix: "9.1.*" must not match 9.10.
    return [[f"9.{i}.*"] for i in range(1, 9)] + [[f"{group}.*"] for group in SIZED] + WHOLE


def expected_counts(quick):
    """Returns how many cases of each group must have run."""
    if not quick:
        return COUNTS
    sampled = {"12": 5 * len(QUICK_SIZES), "13": 7 * len(QUICK_SIZES)}
    return {group: sampled.get(group, count) for group, count in COUNTS.items() if group != "9"}


def start_echo(program, *flags):
    """Starts the echo server; returns (process, port)."""
    process = subprocess.Popen([program, *flags], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline().rpartition(":")[2])


def start_sidecar(program, upstream_port, folder):
    """Starts the sidecar with all its checks in front of the echo server; returns (process, port)."""
    port, ops_port = free_port(), free_port()
    config = {
        "listen": f"127.0.0.1:{port}",
        "ops_listen": f"127.0.0.1:{ops_port}",
        "vpc_origin": {"mode": "ALB", "trusted_peers": ["127.0.0.0/8"], "hosts": ["127.0.0.1"]},
        "upstream": {"address": f"127.0.0.1:{upstream_port}"},
    }
    path = os.path.join(folder, "sidecar.yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    with open(os.path.join(folder, "sidecar.log"), "wb") as log:
        process = subprocess.Popen([program, "--config", path], stdout=log, stderr=log)
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{ops_port}/readyz", timeout=5).close()
            return process, port
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                process.kill()
                raise python27.Failed(f"the sidecar did not start; its log: {log.name}") from None
            time.sleep(0.05)


def run_unit(python, way, port, cases, folder):
    """Runs `cases`; returns the suite's result for each."""
    os.makedirs(folder)
    spec = {
        "outdir": folder,
        "servers": [{"agent": way, "url": f"ws://127.0.0.1:{port}/websocket"}],
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
        "headers": dict(EDGE_HEADERS),
    }
    path = os.path.join(folder, "spec.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(spec, file)
    with open(os.path.join(folder, "client.log"), "wb") as log:
        process = python.start(os.path.join(HERE, "fuzzing_client.py"), path, stdout=log, stderr=log)
    try:
        process.wait(UNIT_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    try:
        with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
            return json.load(file).get(way, {})
    except (OSError, ValueError):
        return {}


def judge(result):
    """Returns one word for a case, and True if that is good. NON-STRICT is not."""
    behavior, close = result["behavior"], result["behaviorClose"]
    if close not in ("OK", "INFORMATIONAL"):
        return f"close {close}", False
    return behavior, behavior in ("OK", "INFORMATIONAL")


def report(way, results, expected):
    """Prints one way's table. Returns the numbers of good and bad cases."""
    words = collections.defaultdict(collections.Counter)
    bad = []
    for case, result in results.items():
        word, good = judge(result)
        words[case.split(".")[0]][word] += 1
        if not good:
            bad.append(f"{way}: case {case} {word}: {result['reportfile']}")
    print(f"\n{way}\n{'group':<31} {'cases':>5}  behaviour")
    missing = 0
    for group, count in expected.items():
        found = sum(words[group].values())
        lost = max(count - found, 0)
        missing += lost
        if lost:
            words[group]["NOT RUN"] = lost
        told = ", ".join(f"{number} {word}" for word, number in sorted(words[group].items()))
        print(f"{group:>2} {NAMES[group]:<28} {count:>5}  {told}")
    for line in sorted(bad):
        print(line)
    if missing:
        print(f"{way}: {missing} cases were not run")
    return len(results) - len(bad), len(bad) + missing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("echo", "sidecar", "cache", "reports"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()

    print("conformance: preparing Autobahn's suite (some minutes the first time)", flush=True)
    python = python27.prepare(options.cache)
    shutil.rmtree(options.reports, ignore_errors=True)
    os.makedirs(options.reports)
    processes = []
    pool = concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0)))
    try:
        direct, direct_port = start_echo(options.echo, "--client-context")
        processes.append(direct)
        behind, behind_port = start_echo(options.echo)
        processes.append(behind)
        sidecar, sidecar_port = start_sidecar(options.sidecar, behind_port, options.reports)
        processes.append(sidecar)
        results = {"direct": {}, "sidecar": {}}
        running = []
        for cases in units(options.quick):
            for way, port in (("direct", direct_port), ("sidecar", sidecar_port)):
                folder = os.path.join(options.reports, way, cases[0].strip(".*"))
                running.append((way, pool.submit(run_unit, python, way, port, cases, folder)))
        for way, future in running:
            results[way].update(future.result())
        ended = [process.args[0] for process in processes if process.poll() is not None]
    finally:
        for process in processes:
            process.kill()
            process.wait()
        # After an interrupt: without servers, the clients that still run end by themselves.
        pool.shutdown(cancel_futures=True)
    good = bad = 0
    for way, found in results.items():
        more_good, more_bad = report(way, found, expected_counts(options.quick))
        good, bad = good + more_good, bad + more_bad
    if ended:
        print(f"ended before the last case: {', '.join(ended)}")
        bad += 1
    print(f"\nreports: {options.reports}\n{good} passed, {bad} failed")
    return 0 if bad == 0 else 1


if __name__ == "__main__":
    # Ends like Ctrl-C, so that all started processes are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except python27.Failed as failure:
        sys.exit(f"conformance: {failure}")
