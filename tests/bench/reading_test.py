"""Reading the output of other tools."""

import unittest

from bench.callgrind import functions, total_instructions
from bench.scale import steps
from bench.syscalls import calls_of

CALLGRIND = """\
# callgrind format
version: 1
pid: 8537
desc: Trigger: Program termination

events: Ir
summary: 10740275

fn=(1) main
12 34

totals: 10740398
"""

ANNOTATED = """\
--------------------------------------------------------------------------------
Ir                  file:function
--------------------------------------------------------------------------------
2,060,916 ( 5.25%)  ???:viaduct::EventLoop::Run() [/tmp/x/viaduct-sidecar]
  560,196 ( 1.43%)  ./socket/../sysdeps/unix/sysv/linux/recv.c:recv [/usr/lib/libc.so.6]
    1,000 ( 0.01%)  ./elf/../sysdeps/x.h:recv
"""

STRACE = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 53.10    0.012345           2      6000           sendto
 20.00    0.004321           1      2000      1000 accept4
------ ----------- ----------- --------- --------- ----------------
100.00    0.016666           1      8000      1000 total
"""


class Reading(unittest.TestCase):
    def test_callgrind_s_summary_counts_before_its_totals(self):
        self.assertEqual(total_instructions(CALLGRIND), 10740275)
        self.assertEqual(total_instructions("totals: 12\n"), 12)

    def test_a_file_without_a_count_is_refused(self):
        with self.assertRaises(ValueError):
            total_instructions("# callgrind format\n")

    def test_one_function_of_two_files_is_one_row(self):
        self.assertEqual(functions(ANNOTATED), {"viaduct::EventLoop::Run()": 2_060_916, "recv": 561_196})

    def test_strace_s_calls_are_read_with_and_without_errors(self):
        self.assertEqual(calls_of(STRACE), {"sendto": 6000, "accept4": 2000})

    def test_scale_stops_at_what_descriptors_allow(self):
        self.assertEqual(steps(100_000), [100, 1_000, 10_000, 20_000])
        self.assertEqual(steps(20_000), [100, 1_000, 9_900])


if __name__ == "__main__":
    unittest.main()
