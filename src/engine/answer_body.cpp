#include "engine/answer_body.hpp"

#include "base/check.hpp"
#include "io/one_shot.hpp"
#include "workers/wire.hpp"

namespace mayfly {

namespace {

// A worker is told of so much at once: one that sends little is told nothing.
constexpr std::size_t kToldBytes = workers::kCreditBytes / 2;

}  // namespace

void AnswerBody::add(std::string_view part) {
    CHECK(!ended_);
    if (discards_) return take(part.size());
    bytes_ += part;
    wake();
}

void AnswerBody::end(bool whole) {
    CHECK(!std::exchange(ended_, true));
    whole_ = whole;
    reader_.took = nullptr;
    reader_.left = nullptr;
    wake();
}

void AnswerBody::wake() {
    if (auto* waiting = std::exchange(waiting_, nullptr)) waiting->give(true);
}

std::string AnswerBody::at_hand() {
    given_ += bytes_.size();
    return std::exchange(bytes_, {});
}

Task<Result<std::string>> AnswerBody::next() {
    take(std::exchange(given_, 0));
    if (bytes_.empty() && !ended_) {
        io::OneShot<bool> more;
        waiting_ = &more;
        (void)co_await more.wait();
    }
    if (!bytes_.empty()) co_return at_hand();
    if (!whole_) co_return fail(Kind::failed, "the function did not end its answer");
    if (reader_.settled) co_await reader_.settled();
    co_return std::string();
}

void AnswerBody::take(std::size_t bytes) {
    owed_ += bytes;
    if (owed_ >= kToldBytes && reader_.took) reader_.took(std::exchange(owed_, 0));
}

void AnswerBody::leave() {
    if (const auto left = std::exchange(reader_.left, nullptr)) left();
}

void AnswerBody::discard() {
    discards_ = true;
    given_ += std::exchange(bytes_, {}).size();
    take(std::exchange(given_, 0));
}

}  // namespace mayfly
