#include "engine/request_body.hpp"

#include "base/check.hpp"
#include "io/one_shot.hpp"
#include "workers/wire.hpp"

namespace mayfly {

void RequestBody::begin(Way way) {
    way_ = std::move(way);
    wake();
}

bool RequestBody::grant(std::size_t bytes) {
    if (bytes > workers::kCreditBytes - left_) return false;
    left_ += bytes;
    wake();
    return true;
}

void RequestBody::look() { wake(); }

void RequestBody::stop() {
    stopped_ = true;
    way_ = {};
    wake();
}

bool RequestBody::wants() const {
    return left_ >= workers::kBodyPieceBytes && way_.is_free && way_.is_free();
}

void RequestBody::wake() {
    if (!waiting_ || (!is_over() && !wants())) return;
    std::exchange(waiting_, nullptr)->give(true);
}

Task<bool> RequestBody::wanted() {
    if (!is_over() && !wants()) {
        io::OneShot<bool> more;
        waiting_ = &more;
        (void)co_await more.wait();
    }
    co_return !is_over();
}

void RequestBody::add(std::string_view piece) {
    if (is_over()) return;
    CHECK(piece.size() <= left_);
    left_ -= piece.size();
    way_.send(0, piece);
}

void RequestBody::end(bool whole) {
    if (is_over()) return;
    ended_ = true;
    if (way_.send) way_.send(whole ? workers::kLast : workers::kCutShort, {});
    wake();
}

}  // namespace mayfly
