"""An answer that is sent while it is made: in parts, never more of them than its reader takes."""

import struct

UINT32 = struct.Struct("<I")
HEAD = 1  # flag of a part
PIECE = 1 << 16  # bytes of a part at most


class Unread(BrokenPipeError):
    """Nobody reads the rest."""


class Parts:
    """Of one call. `send(flags, payload)` sends a part."""

    def __init__(self, credit, ear, send):
        self._credit, self._ear, self._send = credit, ear, send
        self.unread = False
        self.begun = False

    def send(self, head, data):
        """`head`: its JSON; it goes with the first part. Unread: the reader is gone."""
        data = memoryview(data).cast("B")
        while data or not self.begun:
            piece = data[: self._take(min(PIECE, len(data)))]
            data = data[len(piece) :]
            if self.begun:
                self._send(0, bytes(piece))
            else:
                self.begun = True
                self._send(HEAD, b"".join([UINT32.pack(len(head)), head, piece]))

    def _take(self, wanted):
        """Waits until some bytes may be sent; how many."""
        with self._ear.changed:
            self._ear.wait_for(lambda: self._credit or self.unread or not wanted)
            if self.unread:
                raise Unread("the client does not read the rest of the answer")
            size = min(wanted, self._credit)
            self._credit -= size
            return size

    def end(self):
        """The call has ended."""
        with self._ear.changed:
            self.unread = True
            self._ear.changed.notify_all()

    def hear(self, flags, payload):
        """A frame about this call's credit."""
        with self._ear.changed:
            self.unread = self.unread or flags != 0
            self._credit += UINT32.unpack(payload)[0]
            self._ear.changed.notify_all()
