// The body of a request that comes while its call runs, on its way from a client to a worker.
#pragma once

#include "base/result.hpp"
#include "io/task.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace mayfly::io {
template <class T>
class OneShot;
}

namespace mayfly {

// Shared by whoever reads it off the client and the engine, which sends it on. Loop thread only. It
// holds nothing: a piece is read when its worker has asked for it, and sent at once.
//
// (1) Nothing is read before the call runs and its function wants it.
// (2) What was sent and the function has not taken is never more than a call's credit.
// (3) Nor is more read for a worker that does not take what waits for its pipe, whatever it asks
//     for.
class RequestBody {
public:
    // How it reaches the worker. Neither is called after stop().
    struct Way {
        std::function<void(std::uint8_t flags, std::string_view bytes)> send;  // BodyFlag
        std::function<bool()> is_free;  // false: much waits for the worker's pipe
    };

    // The engine's side. Each may resume the client's side inside the call.
    void begin(Way way);            // the call runs
    bool grant(std::size_t bytes);  // false: more than a worker may ask for
    void look();                    // the way may be free again
    void stop();                    // the call has ended: nobody takes the rest

    // The client's side, one at a time. Waits until a piece is wanted, of kBodyPieceBytes at most;
    // false: none will be.
    Task<bool> wanted();
    void add(std::string_view piece);

    // No more comes: it is whole, or its client left the rest out.
    void end(bool whole);

private:
    bool is_over() const { return ended_ || stopped_; }
    bool wants() const;
    void wake();

    Way way_;
    std::size_t left_ = 0;  // of what the worker asked for
    bool ended_ = false, stopped_ = false;
    io::OneShot<bool>* waiting_ = nullptr;  // in the frame of wanted()
};

}  // namespace mayfly
