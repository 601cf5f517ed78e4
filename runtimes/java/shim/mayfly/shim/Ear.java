package mayfly.shim;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** How threads wait for what the server says of their calls: one at a time takes frames for all. */
final class Ear {
    interface Taker {
        /** Takes one frame, for whomever it is. False: the server has let go. */
        boolean take() throws IOException;
    }

    /** Held by whoever looks at what is waited for, or changes it. */
    final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private final Taker taker; // null: a thread does nothing else
    private boolean taking, over;

    Ear(Taker taker) {
        this.taker = taker;
    }

    /** Until something may have changed; with the lock held, which is let go meanwhile. */
    void await() throws IOException {
        if (taking || taker == null) {
            try {
                changed.await();
            } catch (InterruptedException interrupted) {
                throw new InterruptedIOException();
            }
            return;
        }
        taking = true;
        lock.unlock();
        boolean more = false;
        try {
            more = taker.take();
        } finally {
            lock.lock();
            taking = false;
            over = over || !more;
            changed.signalAll();
        }
    }

    /** With the lock held. */
    void tell() {
        changed.signalAll();
    }

    /** Nothing more will be heard. */
    boolean isOver() {
        return over;
    }
}
