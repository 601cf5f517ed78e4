// The body of an answer that comes in parts, on its way from a worker to whoever called.
#pragma once

#include "base/result.hpp"
#include "io/task.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace mayfly::io {
template <class T>
class OneShot;
}

namespace mayfly {

// Shared by the engine, which fills it, and whoever sends it on. Loop thread only. It holds what
// was added and not taken: never more than a call's credit, as AnswerParts sees to.
class AnswerBody {
public:
    // How the engine hears of the reader. None of them is called after the end.
    struct Reader {
        std::function<void(std::size_t bytes)> took;  // so much more may be sent
        std::function<void()> left;                   // nobody takes the rest
        std::function<Task<>()> settled{};  // waited for before a good end is told; may be empty
    };

    explicit AnswerBody(Reader reader) : reader_(std::move(reader)) {}

    // The engine's side. Each may resume the reader inside the call.
    void add(std::string_view part);
    void end(bool whole);            // once; false: it broke off
    void let_go() { reader_ = {}; }  // the engine ends before the reader

    // The reader's side: what is there now; and the next bytes, empty at the end. A piece counts as
    // taken when the next is asked for. failed: it broke off. One at a time.
    std::string at_hand();
    Task<Result<std::string>> next();

    // No more is read, so the call need not go on; or it shall, though nobody reads.
    void leave();
    void discard();

private:
    void wake();
    void take(std::size_t bytes);

    Reader reader_;
    std::string bytes_;
    std::size_t given_ = 0;  // to the reader, who is not done with them
    std::size_t owed_ = 0;   // taken, and the worker does not know
    bool ended_ = false, whole_ = false, discards_ = false;
    io::OneShot<bool>* waiting_ = nullptr;  // in the frame of next()
};

}  // namespace mayfly
