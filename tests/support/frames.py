"""Cuts the frames that a server sends out of the received data."""


def whole_frames(data, at):
    """Yields the opcode, and the begin and end of the payload, of each whole frame of `data` from `at` on."""
    while len(data) - at >= 2:
        size, start = data[at + 1], at + 2
        if size == 126:
            size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
        elif size == 127:
            size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
        if len(data) < start + size:
            return
        yield data[at] & 0x0F, start, start + size
        at = start + size
