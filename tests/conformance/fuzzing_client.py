"""Autobahn's fuzzing client, with fields of ours in its handshakes. For Python 2.7; run.py starts it.

    fuzzing_client.py SPEC

SPEC is a JSON file as Autobahn's own, with "headers" besides, fields that each handshake carries. VIADUCT_SUITE names
the directory of the suite's modules.
"""

import json
import os
import sys
import types

SUITE = os.environ["VIADUCT_SUITE"]
sys.path.insert(0, SUITE)

# A replacement for Twisted's TLS, which would need OpenSSL's binding; no case uses it.
ssl = types.ModuleType("twisted.internet.ssl")
ssl.ClientContextFactory = object
sys.modules["twisted.internet.ssl"] = ssl

import twisted.internet  # noqa: E402

twisted.internet.ssl = ssl

# The package without the imports of its __init__: programs that need still more packages.
package = types.ModuleType("autobahntestsuite")
package.__file__ = os.path.join(SUITE, "autobahntestsuite", "__init__.py")
package.__path__ = [os.path.dirname(package.__file__)]
package.version = "25.10.1"
sys.modules["autobahntestsuite"] = package

import txaio  # noqa: E402

txaio.use_twisted()

from autobahntestsuite import fuzzing  # noqa: E402
from twisted.internet import reactor  # noqa: E402


def without_unicode(value):
    """Converts the values from JSON into the byte strings that the suite expects of a Python 2.7."""
    if isinstance(value, dict):
        return dict((without_unicode(key), without_unicode(entry)) for key, entry in value.items())
    if isinstance(value, list):
        return [without_unicode(entry) for entry in value]
    return value if isinstance(value, (bool, int, type(None))) else value.encode("utf-8")


class Client(fuzzing.FuzzingClientFactory):
    def setSessionParameters(self, *positional, **named):
        # Called once without names before the spec is read, and with names for each server.
        if named:
            named["headers"] = self.edge_headers
        fuzzing.FuzzingClientFactory.setSessionParameters(self, *positional, **named)


def main():
    with open(sys.argv[1]) as file:
        spec = without_unicode(json.load(file))
    Client.edge_headers = spec.pop("headers")
    Client(spec)
    reactor.run()


main()
