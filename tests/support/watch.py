"""A watch of all tasks of a chat, over the admin API."""

import queue
import threading
import time

import grpc

from api.admin.v1 import chat_admin_pb2 as api
from tests.support.eventually import PATIENCE


class Watch:
    """A watch that is read on a thread of its own."""

    def __init__(self, admin, **request):
        self._call = admin.WatchEvents(api.WatchEventsRequest(scope=api.CLUSTER, **request), timeout=10 * PATIENCE)
        self._updates = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        try:
            for update in self._call:
                self._updates.put(update)
        except grpc.RpcError:
            pass  # cancelled

    def next(self, accept):
        """Returns the next update that `accept` accepts; skips others."""
        while True:
            update = self._updates.get(timeout=PATIENCE)
            if accept(update):
                return update

    def soon(self, accept):
        """Returns True if an accepted update comes within a second."""
        deadline = time.monotonic() + 1
        while (left := deadline - time.monotonic()) > 0:
            try:
                if accept(self._updates.get(timeout=left)):
                    return True
            except queue.Empty:
                pass
        return False

    def state(self, task, state):
        return self.next(lambda u: u.HasField("task_watch") and u.task_watch.task == task and u.task_watch.state == state)

    def stop(self):
        self._call.cancel()
        self._thread.join()
