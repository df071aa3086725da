"""The proxies that ask the sidecar, as hosts of the filter."""

from tests.filter.hosts.asking_proxy import Traefik
from tests.filter.hosts.host import MODE_SETTINGS, Host
from tests.support.places import free_port
from tests.support.stack import Sidecar, started


class AskingHost(Host):
    """An AskingProxy for each mode, and a sidecar for each of them."""

    # The TCP peer and the source of a PROXY header are never both told.
    modes = ("ALB", "DIRECT")

    def __init__(self, proxy):
        self.name = proxy.name
        self._proxy = proxy
        # The targets that each mode denied.
        self._denied = {mode: [] for mode in self.modes}

    def start(self, test, chat_port):
        self._proxies, self._sidecars = {}, {}
        for mode in self.modes:
            port = free_port()
            config = {
                "vpc_origin": {"trusted_peers": [], **self._checks(mode)},
                "authorize": self._proxy.authorize(port),
                # One, so that denials are logged in their order.
                "workers": 1,
            }
            sidecar = started(test, Sidecar(chat_port, config, name=f"sidecar-{self.name}-{mode}"))
            self._sidecars[mode] = sidecar
            self._proxies[mode] = started(test, self._proxy(chat_port, port, sidecar.ops_port))

    def _checks(self, mode):
        # Traefik sends its own Host, so its router checks the viewer's.
        unchecked = {"hosts": [], "host": "OFF"} if self._proxy is Traefik else {}
        return {**MODE_SETTINGS[mode], **unchecked}

    def port(self, mode):
        return self._proxies[mode].port

    def ask(self, row, target):
        status = super().ask(row, target)
        if status == "403":
            self._denied[row.mode].append(target)
        return status

    def reasons(self):
        # By their order, since Traefik does not tell the target.
        found = {}
        for mode in self.modes:
            entries = self._sidecars[mode].log_entries()
            reasons = [entry["denyReason"] for entry in entries if "denyReason" in entry]
            found.update(zip(self._denied[mode], reasons))
        return found
