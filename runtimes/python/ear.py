"""How threads wait for what the server says of their calls."""

from threading import Condition


class Ear:
    """`take()` takes one frame from the server, for whomever it is; None: a thread does nothing else. One thread at
    a time does so for all."""

    def __init__(self, take=None):
        self._take = take
        self.taking = False
        self.changed = Condition()  # held by whoever looks at what is waited for, or changes it

    def wait_for(self, is_there):
        """With `changed` held, which is let go meanwhile."""
        while not is_there():
            if self.taking or not self._take:
                self.changed.wait()
                continue
            self.taking = True
            self.changed.release()
            try:
                self._take()
            finally:
                self.changed.acquire()
                self.taking = False
                self.changed.notify_all()
