"""The body of a request that comes while its call runs."""

import io
import struct

UINT32 = struct.Struct("<I")
LAST, CUT_SHORT = 2, 4  # flags of a part
AHEAD = 256 << 10  # bytes that may be here, or on their way, and not read


def opened(body):
    """With what PEP 3333 wants beside read()."""
    return io.BufferedReader(body, 1 << 16)


class Body(io.RawIOBase):
    """Of one call. `first`: what came with it; ask(payload) asks the server for more."""

    def __init__(self, first, ear, ask):
        self._pieces = [memoryview(first)] if first else []
        self._held = len(first)  # bytes
        self._coming = 0  # bytes that were asked for and are not here
        self._ear, self._ask = ear, ask
        self._over = self._error = None

    def readable(self):
        return True

    def readinto(self, into):
        with self._ear.changed:
            self._ask_for_more()
            self._ear.wait_for(lambda: self._pieces or self._over)
            if not self._pieces:
                if self._error:
                    raise self._error
                return 0
            piece = self._pieces[0]
            size = min(len(into), len(piece))
            into[:size] = piece[:size]
            self._held -= size
            if size < len(piece):
                self._pieces[0] = piece[size:]
            else:
                del self._pieces[0]
            return size

    def _ask_for_more(self):
        room = AHEAD - self._held - self._coming
        if room >= AHEAD // 2 and not self._over:
            self._coming += room
            self._ask(UINT32.pack(room))

    def hear(self, flags, payload):
        """A part."""
        with self._ear.changed:
            if payload:
                self._pieces.append(memoryview(payload))
                self._held += len(payload)
                self._coming -= len(payload)
            if flags & CUT_SHORT:
                self._error = ConnectionAbortedError("the client did not send the rest of the request's body")
            self._over = self._over or flags != 0
            self._ear.changed.notify_all()

    def end(self):
        """The call has ended."""
        with self._ear.changed:
            if not self._over:
                self._over, self._error = True, ValueError("the request's call has ended")
            self._ear.changed.notify_all()
