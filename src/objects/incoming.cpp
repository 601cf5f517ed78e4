#include "objects/incoming.hpp"

#include "base/text.hpp"
#include "io/one_shot.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>

namespace mayfly::objects {

namespace {

constexpr std::size_t kPiece = 1u << 20;       // written at once
constexpr std::size_t kOnTheLoop = 16u << 10;  // summed without leaving the loop: some 30 us

constexpr std::array<std::string_view, 6> kKnown{"md5",   "sha256", "sha1",
                                                 "crc32", "crc32c", "crc64nvme"};

template <class Word>
std::string big_endian(Word value) {
    std::string out(sizeof(Word), '\0');
    for (std::size_t i = 0; i < sizeof(Word); ++i)
        out[sizeof(Word) - 1 - i] = static_cast<char>(value >> 8 * i);
    return out;
}

}  // namespace

Sums::Sums(const std::vector<std::string>& wanted) {
    for (const auto& name : wanted) {
        if (name == "sha256") sha256_ = std::make_unique<Hash>(Hash::Kind::sha256);
        if (name == "sha1") sha1_ = std::make_unique<Hash>(Hash::Kind::sha1);
        crc32_ |= name == "crc32";
        crc32c_ |= name == "crc32c";
        nvme_ |= name == "crc64nvme";
    }
}

bool Sums::knows(std::string_view name) { return std::ranges::find(kKnown, name) != kKnown.end(); }

void Sums::add(std::string_view bytes) {
    md5_.add(bytes);
    if (sha256_) sha256_->add(bytes);
    if (sha1_) sha1_->add(bytes);
    if (crc32_) crc32_sum_ = crc32(bytes, crc32_sum_);
    if (crc32c_) crc32c_sum_ = crc32c(bytes, crc32c_sum_);
    if (nvme_) nvme_sum_ = crc64_nvme(bytes, nvme_sum_);
}

std::map<std::string, std::string, std::less<>> Sums::end() {
    std::map<std::string, std::string, std::less<>> all{{"md5", md5_.end()}};
    if (sha256_) all["sha256"] = sha256_->end();
    if (sha1_) all["sha1"] = sha1_->end();
    if (crc32_) all["crc32"] = big_endian(crc32_sum_);
    if (crc32c_) all["crc32c"] = big_endian(crc32c_sum_);
    if (nvme_) all["crc64nvme"] = big_endian(nvme_sum_);
    return all;
}

std::string Body::md5_hex() const {
    const auto md5 = sums.find("md5");
    return md5 == sums.end() ? std::string() : hex(md5->second);
}

struct Incoming::Open {
    explicit Open(const std::vector<std::string>& wanted) : sums(wanted) {}
    Sums sums;
    BlockSums blocks;
    std::optional<ShelfDraft> draft;

    void count(std::string_view bytes) {
        sums.add(bytes);
        blocks.add(bytes);
    }
    Result<void> write(const Shelf& shelf, std::int64_t file, std::string_view bytes) {
        if (!draft) {
            TRY(auto made, shelf.draft(file));
            draft.emplace(std::move(made));
        }
        TRYV(draft->write(bytes));
        blocks.add(bytes);
        return {};
    }
};

Incoming::Incoming(const Shelf& shelf, io::BlockingPool& pool, std::int64_t file,
                   const std::vector<std::string>& wanted)
    : shelf_(shelf), pool_(pool), file_(file), open_(std::make_shared<Open>(wanted)) {}

Task<Result<void>> Incoming::add(std::string_view piece) {
    size_ += piece.size();
    while (waiting_.size() + piece.size() >= kPiece) {
        const auto now = piece.substr(0, kPiece - waiting_.size());
        waiting_ += now;
        piece.remove_prefix(now.size());
        CO_TRYV(co_await flush());
    }
    waiting_ += piece;
    co_return Result<void>();
}

// A piece that is summed and written, by two jobs side by side, for they are of one length.
struct Incoming::Flight {
    std::string bytes;
    Result<void> written;
    int left = 2;  // jobs; loop thread
    io::OneShot<bool> done;

    void one_ended() {
        if (--left == 0) done.give(true);
    }
};

// The next piece comes meanwhile; its turn is when this one has landed.
Task<Result<void>> Incoming::flush() {
    CO_TRYV(co_await landed());
    const auto loop = co_await boost::asio::this_coro::executor;
    flight_ = std::make_shared<Flight>(Flight{.bytes = std::exchange(waiting_, {})});
    const auto ended = [loop, flight = flight_] {
        boost::asio::post(loop, [flight] { flight->one_ended(); });
    };
    pool_.later([open = open_, flight = flight_, ended] {
        open->sums.add(flight->bytes);
        ended();
    });
    pool_.later([open = open_, flight = flight_, &shelf = shelf_, file = file_, ended] {
        flight->written = open->write(shelf, file, flight->bytes);
        ended();
    });
    co_return Result<void>();
}

Task<Result<void>> Incoming::landed() {
    if (!flight_) co_return Result<void>();
    const auto flight = std::exchange(flight_, nullptr);
    co_await flight->done.wait();
    co_return std::move(flight->written);
}

Task<Result<Body>> Incoming::finish() {
    Body body{.size = size_};
    if (size_ > inline_bytes_max) {
        CO_TRYV(co_await flush());
        CO_TRYV(co_await landed());
        CO_TRYV(co_await io::blocking(pool_, [open = open_, &shelf = shelf_, file = file_] {
            auto draft = std::move(*open->draft);
            return shelf.keep(std::move(draft), file, open->blocks);
        }));
        body.segments.push_back({.size = size_, .crc64 = open_->blocks.whole(), .file = file_});
    } else if (size_ > 0) {
        if (size_ <= kOnTheLoop) {
            open_->count(waiting_);
        } else {
            co_await pool_.run([open = open_, bytes = waiting_] { open->count(bytes); });
        }
        body.segments.push_back(
            {.size = size_, .crc64 = open_->blocks.whole(), .bytes = std::exchange(waiting_, {})});
    }
    body.crc64 = open_->blocks.whole();
    body.sums = open_->sums.end();
    co_return body;
}

}  // namespace mayfly::objects
