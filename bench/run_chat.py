"""Sets the chat beside small chats on other libraries: ./dev bench chat [OPTIONS].

Every subject is started fresh for each part, with one worker on one CPU; the clients have another one. Every delivery
is counted and checked, and a wrong one ends the run. See docs/performance.md for how to read the figures.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

from bench.chat_parts import FULL, PARTS, QUICK
from bench.chat_subjects import SUBJECTS, install_peers
from bench.whole_run import Bench, main

PURPOSE = "Sets the chat beside small chats on other libraries."
CHAT = Bench("chat", PURPOSE, SUBJECTS, PARTS, FULL, QUICK, install_peers, False)

if __name__ == "__main__":
    sys.exit(main(CHAT, sys.argv[1:]))
