// One owner per file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace mayfly {

// Closes its descriptor when it goes; -1 means it holds none. Any thread, one at a time.
class Fd {
public:
    Fd() = default;
    explicit Fd(int n) : n_(n) {}
    Fd(Fd&& other) noexcept : n_(std::exchange(other.n_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            n_ = std::exchange(other.n_, -1);
        }
        return *this;
    }
    ~Fd() { reset(); }

    int get() const { return n_; }
    explicit operator bool() const { return n_ >= 0; }

    // Gives the descriptor away: the caller closes it.
    [[nodiscard]] int release() { return std::exchange(n_, -1); }
    void reset() {
        if (n_ >= 0) ::close(std::exchange(n_, -1));
    }

private:
    int n_ = -1;
};

}  // namespace mayfly
