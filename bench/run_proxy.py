"""Sets the sidecar beside other proxies: ./dev bench proxy [OPTIONS].

Every subject is started fresh for each part, with one worker on one CPU; load and backend have another one. Each payload
and each answer is checked, and a wrong one ends the run. See docs/performance.md for how to read the figures.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

from bench.proxy_parts import FULL, PARTS, QUICK
from bench.subjects import SUBJECTS, install_peers
from bench.whole_run import Bench, main

PROXY = Bench("proxy", "Sets the sidecar beside other proxies.", SUBJECTS, PARTS, FULL, QUICK, install_peers, True)

if __name__ == "__main__":
    sys.exit(main(PROXY, sys.argv[1:]))
