#include "copies/copier.hpp"

#include <fmt/format.h>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>

namespace mayfly::copies {

namespace {

constexpr std::size_t kLanes = 4;
constexpr int kAtOnce = 64;   // keys taken from the feed
constexpr Millis kLook{100};  // between looks whether something changed
constexpr Seconds kPauseMax{60};

}  // namespace

std::string Copier::text() const {
    const auto waiting = store_.feed().size().value_or(0);
    auto text = waiting == 0 ? "in step with " + target_->text()
                             : fmt::format("{} to copy to {}", waiting, target_->text());
    return trouble_.empty() ? text : text + ": " + trouble_;
}

Task<> Copier::run() {
    store_.feed_copies([this] { changed_ = true; });
    if (const auto begun = co_await store_.feed().begin(target_->text()); !begun)
        log_.error("objects cannot be copied: {}", begun.error().what);
    for (Seconds pause{1};;) {
        if (!changed_) {
            co_await timers_.until(timers_.now() + kLook);
        } else if (co_await copy_some()) {
            pause = Seconds{1};
        } else {
            log_.warn("copies of objects wait {} s: {}", pause.count(), trouble_);
            co_await timers_.until(timers_.now() + pause);
            pause = std::min(2 * pause, kPauseMax);
        }
    }
}

// False if it is to be tried again later.
Task<bool> Copier::copy_some() {
    using namespace boost::asio::experimental::awaitable_operators;
    changed_ = false;
    const auto some = store_.feed().next(kAtOnce);
    if (!some) {
        trouble_ = some.error().what;
        changed_ = true;
        co_return false;
    }
    if (some->empty()) co_return true;
    changed_ = true;  // there may be more
    std::vector<Copied> ends(some->size(), Copied::later);
    co_await (lane(*some, 0, ends) && lane(*some, 1, ends) && lane(*some, 2, ends) &&
              lane(*some, 3, ends));
    std::vector<objects::Fed> done;
    for (std::size_t i = 0; i < ends.size(); ++i)
        if (ends[i] != Copied::later) done.push_back((*some)[i]);
    const bool all = done.size() == some->size();
    if (all) trouble_.clear();
    if (const auto kept = co_await store_.feed().copied(std::move(done)); !kept) {
        trouble_ = kept.error().what;
        co_return false;
    }
    co_return all;
}

Task<> Copier::lane(const std::vector<objects::Fed>& some, std::size_t which,
                    std::vector<Copied>& ends) {
    for (auto i = which; i < some.size(); i += kLanes) ends[i] = co_await copy(some[i]);
}

// What is there now, whatever it was that changed.
Task<Copier::Copied> Copier::copy(objects::Fed one) {
    const auto name = one.bucket + "/" + one.key;
    const auto object = store_.find(one.bucket, one.key);
    std::optional<objects::BodyReader> body;
    if (object && (*object)->size <= put_bytes_max) {
        auto reader = store_.reader(**object);
        if (reader) body.emplace(*std::move(reader));
    }
    if (object && !body) {
        log_.error("{} is not copied: one copy has 5 GiB at most", name);
        co_return Copied::left_out;
    }
    struct Work {
        std::optional<objects::Object> object;
        std::optional<objects::BodyReader> body;
    };
    const auto work = std::make_shared<Work>(
        Work{object ? std::optional(**object) : std::nullopt, std::move(body)});
    const auto done = co_await io::blocking(
        pool_, [target = target_, work, name, now = timers_.wall()]() -> Result<void> {
            if (!work->object) return target->remove(name, now);
            return target->put(name, *work->object, *work->body, now);
        });
    if (done) co_return Copied::done;
    if (done.error().kind == Kind::internal) {
        log_.error("{} is not copied: {}", name, done.error().what);
        co_return Copied::left_out;
    }
    trouble_ = done.error().what;
    co_return Copied::later;
}

}  // namespace mayfly::copies
