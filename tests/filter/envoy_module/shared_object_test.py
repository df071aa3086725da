"""What the module asks of the system and of Envoy, and what it shows them."""

import os
import re
import subprocess
import unittest

from tests.support.places import outputs_dir, runfile

MODULE = "filter/envoy_module/libviaduct_vpc_origin.so"

# The libc of Amazon Linux 2023.
NEWEST_LIBC = (2, 34)
MOST_BYTES = 500_000

# The functions that Envoy 1.38 lacks.
OPTIONAL = {
    "envoy_dynamic_module_callback_log_v2",
    "envoy_dynamic_module_callback_http_get_downstream_direct_remote_address",
}

# The hooks without which Envoy refuses a module, and the one that it may have.
REQUIRED_HOOKS = {"envoy_dynamic_module_on_program_init"} | {
    f"envoy_dynamic_module_on_http_filter_{name}"
    for name in (
        "config_new config_destroy new destroy request_headers request_body request_trailers response_headers "
        "response_body response_trailers stream_complete scheduled http_callout_done http_stream_headers "
        "http_stream_data http_stream_trailers http_stream_complete http_stream_reset "
        "downstream_above_write_buffer_high_watermark downstream_below_write_buffer_low_watermark"
    ).split()
}
HOOKS = REQUIRED_HOOKS | {"envoy_dynamic_module_on_http_filter_local_reply"}


def readelf(*flags):
    done = subprocess.run(["/usr/bin/readelf", "-W", *flags, runfile(MODULE)], check=True, capture_output=True, text=True)
    return done.stdout


class SharedObjectTest(unittest.TestCase):
    def setUp(self):
        # Number, value, size, type, binding, visibility, section, name.
        rows = [line.split() for line in readelf("--dyn-syms").splitlines()]
        self._symbols = [row for row in rows if len(row) >= 8 and row[0].endswith(":") and row[0] != "Num:"]

    def test_it_needs_libc_and_the_loader_only(self):
        needed = re.findall(r"\(NEEDED\) +Shared library: \[(.*)\]", readelf("-d"))
        self.assertLessEqual(set(needed), {"libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"})

    def test_it_loads_with_the_libc_of_amazon_linux(self):
        versions = {tuple(map(int, found)) for found in re.findall(r"GLIBC_(\d+)\.(\d+)", readelf("--version-info"))}
        self.assertTrue(versions)
        self.assertLessEqual(max(versions), NEWEST_LIBC)

    def test_it_shows_its_hooks_and_nothing_else(self):
        shown = {row[7] for row in self._symbols if row[6] != "UND"}
        self.assertEqual(shown, HOOKS)

    def test_it_needs_no_function_that_envoy_138_lacks(self):
        wanted = {(row[7], row[4]) for row in self._symbols if row[6] == "UND" and row[7].startswith("envoy_")}
        self.assertEqual({name for name, binding in wanted if binding == "WEAK"}, OPTIONAL)
        self.assertTrue(all(name.startswith("envoy_dynamic_module_callback_") for name, _ in wanted))

    def test_missing_functions_show_when_it_is_loaded(self):
        flags = readelf("-d")
        self.assertIn("BIND_NOW", flags)
        # Envoy could not load it then once it runs.
        self.assertNotIn("STATIC_TLS", flags)

    def test_it_is_small(self):
        stripped = os.path.join(outputs_dir(), "stripped.so")
        subprocess.run(["/usr/bin/strip", "-o", stripped, runfile(MODULE)], check=True)
        self.assertLess(os.path.getsize(stripped), MOST_BYTES)


if __name__ == "__main__":
    unittest.main()
