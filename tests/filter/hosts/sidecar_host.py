"""The native sidecar as a host of the filter."""

from tests.filter.hosts.host import MODE_SETTINGS, Host
from tests.support.stack import Sidecar, started


def _config(mode):
    """Returns the settings of the table, over those of a test's sidecar; the log must show which row it was."""
    return {
        "vpc_origin": {"trusted_peers": [], **MODE_SETTINGS[mode]},
        "log": {"shown_query_parameters": ["row"]},
    }


class SidecarHost(Host):
    name = "sidecar"

    def start(self, test, chat_port):
        self._sidecars = {
            mode: started(test, Sidecar(chat_port, _config(mode), name=f"sidecar-{mode}")) for mode in self.modes
        }

    def port(self, mode):
        return self._sidecars[mode].port

    def reasons(self):
        found = {}
        for sidecar in self._sidecars.values():
            for entry in sidecar.log_entries():
                if "denyReason" in entry:
                    found[entry["target"]] = entry["denyReason"]
        return found
