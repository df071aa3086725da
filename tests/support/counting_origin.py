"""Upstreams that know who came to them."""

import socket
import threading

from tests.support.eventually import PATIENCE


class CountingOrigin:
    """Listens where the upstream would, answers nothing, and counts who came."""

    def __enter__(self):
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()


class HeadCollector(CountingOrigin):
    """Reads one request's head from each connection, answers it, and closes the connection."""

    answer = b""

    def __enter__(self):
        self.heads = []
        return super().__enter__()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(65536) or b"\r\n\r\n"
            self.heads.append(received)
            self.reply(connection, received)
            connection.close()

    def reply(self, connection, request_head):
        """Answers one request, with `answer` if that is not overridden."""
        connection.sendall(self.answer)
