"""An answer that is sent while it is made: in parts, never more of them than its reader takes."""

import struct
from _thread import allocate_lock

UINT32 = struct.Struct("<I")
HEAD = 1  # flag of a part
PIECE = 1 << 16  # bytes of a part at most


class Unread(BrokenPipeError):
    """Nobody reads the rest."""


class Parts:
    """Of one call. `send(flags, payload)` sends a part; `listen()` takes frames from the server until something
    came for this call: None where another thread does that."""

    def __init__(self, credit, send, listen=None):
        self._credit, self._send, self._listen = credit, send, listen
        self.unread = False
        self._counting = allocate_lock()
        self._heard = allocate_lock()  # locked: nothing came since somebody waited
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
        while True:
            with self._counting:
                if self.unread:
                    raise Unread("the client does not read the rest of the answer")
                size = min(wanted, self._credit)
                self._credit -= size
            if size or not wanted:
                return size
            if self._listen:
                self._listen()
            else:
                self._heard.acquire()

    def hear(self, flags, payload):
        """A frame about this call's credit."""
        with self._counting:
            self.unread = self.unread or flags != 0
            self._credit += UINT32.unpack(payload)[0]
        if self._heard.locked():
            self._heard.release()
