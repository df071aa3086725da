"""The bounds of the gates: what sidecar and chat may cost, counted so that it repeats on any machine.

Each bound is what was measured on the date beside it, plus 5 %, until it is down at the goal; whoever makes one
cheaper lowers it in the same commit, and nobody raises it without saying in the commit what is bought.

Instructions are those in user space of the optimized program's workers, by callgrind, with every check enforced, frames
followed, access log and metrics on; an operation is what bench-load counts as one:

- echo: a message of 64 bytes to the backend and back, on one tunnel;
- upgrade: connect, a 101 that answers the key, and the end of the tunnel when the viewer leaves;
- request: a GET and its answer on a connection that is kept.

Memory is the growth of the process's proportional set size, a tunnel that has carried one message there and back and is
idle since. The kernel's memory for sockets is not in it.

The chat's are counted with its log and metrics on, one message of 64 bytes on the way:

- delivery: one of a hundred, of a message in a turn of its own; the same of two, where reading and logging the message
  weigh more;
- welcome: connect, 101 and welcome, and the end when the program ends.

Its memory is that of a client that was welcomed, has heard one message and is idle since.
"""

# 813 on 2026-12-01; the goal is 800.
INSTRUCTIONS_PER_ECHO = 853
# 29,248 on 2026-12-01, with the id and the idle times in the line of the end, which is also kept for viaductctl why;
# 27,612 to 27,677 without; the goal is 12,000.
INSTRUCTIONS_PER_UPGRADE = 30_710
# 15,439 on 2026-12-01.
INSTRUCTIONS_PER_REQUEST = 16_210
# 955 on 2026-12-01; the goal is 1,024.
BYTES_PER_IDLE_TUNNEL = 1_002

# The floor's cost of an echo: two of each of epoll_wait, recv and send, and little more (290 on 2026-11-25). Outside
# this range the counting itself is wrong.
FLOOR_INSTRUCTIONS_PER_ECHO = (200, 450)

# 163 to 167 on 2026-11-26, with history kept.
INSTRUCTIONS_PER_DELIVERY = 175
# 3,027 to 3,033 on 2026-11-26.
INSTRUCTIONS_PER_DELIVERY_TO_TWO = 3_185
# 23,677 on 2026-12-01, with names, rates and a longer log line of the end; 18,811 to 18,870 without.
INSTRUCTIONS_PER_WELCOME = 24_860
# 498 on 2026-12-01; the goal is 512.
BYTES_PER_IDLE_SESSION = 523

# The floor's cost of one of a hundred deliveries (109 on 2026-11-25).
FLOOR_INSTRUCTIONS_PER_DELIVERY = (60, 160)
