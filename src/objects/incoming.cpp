#include "objects/incoming.hpp"

#include "base/text.hpp"
#include "io/one_shot.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>

namespace mayfly::objects {

namespace {

constexpr std::size_t kPiece = 256u << 10;     // written at once
constexpr int kPiecesMax = 7;                  // under way, beside the one that comes
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
        if (name == "md5") md5_.emplace();
        if (name == "sha256") sha256_ = std::make_unique<Hash>(Hash::Kind::sha256);
        if (name == "sha1") sha1_ = std::make_unique<Hash>(Hash::Kind::sha1);
        crc32_ |= name == "crc32";
        crc32c_ |= name == "crc32c";
        nvme_ |= name == "crc64nvme";
    }
}

bool Sums::knows(std::string_view name) { return std::ranges::find(kKnown, name) != kKnown.end(); }

bool Sums::any() const { return md5_ || sha256_ || sha1_ || crc32_ || crc32c_ || nvme_; }

void Sums::add(std::string_view bytes) {
    if (md5_) md5_->add(bytes);
    if (sha256_) sha256_->add(bytes);
    if (sha1_) sha1_->add(bytes);
    if (crc32_) crc32_sum_ = crc32(bytes, crc32_sum_);
    if (crc32c_) crc32c_sum_ = crc32c(bytes, crc32c_sum_);
    if (nvme_) nvme_sum_ = crc64_nvme(bytes, nvme_sum_);
}

std::map<std::string, std::string, std::less<>> Sums::end() {
    std::map<std::string, std::string, std::less<>> all;
    if (md5_) all["md5"] = md5_->end();
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

// What the lanes have of one body. Each part belongs to one of them.
struct Incoming::Open {
    Open(io::BlockingPool& pool, const std::vector<std::string>& wanted)
        : summing(pool), writing(pool), sums(wanted) {}

    io::Lane summing, writing;
    Sums sums;  // the summing lane's

    BlockSums blocks;  // the writing lane's, and so on
    std::optional<ShelfDraft> draft;
    Result<void> written;

    void count(std::string_view bytes) {
        sums.add(bytes);
        blocks.add(bytes);
    }
    void write(const Shelf& shelf, std::int64_t file, std::string_view bytes) {
        if (!written) return;
        if (!draft) {
            auto made = shelf.draft(file);
            if (made) draft.emplace(*std::move(made));
            else written = Failure(std::move(made).error());
        }
        if (draft) written = draft->write(bytes);
        blocks.add(bytes);
    }
    void keep(const Shelf& shelf, std::int64_t file) {
        if (written) written = shelf.keep(*std::exchange(draft, std::nullopt), file, blocks);
    }
};

// The loop's part: what is under way. Apart, so that what the lanes have goes with their last job.
struct Incoming::Flights {
    int under_way = 0;                          // pieces
    bool failed = false;                        // to write one
    std::shared_ptr<io::OneShot<bool>> landed;  // who waits for one

    void has_landed() {
        --under_way;
        if (const auto waits = std::exchange(landed, nullptr)) waits->give(true);
    }
};

// Shared by both lanes; the later one lets it go.
struct Incoming::Piece {
    std::string bytes;
    int left;  // lanes; the loop's
};

static_assert(inline_bytes_max < kPiece);  // what is flushed goes to a file

Incoming::Incoming(const Shelf& shelf, io::BlockingPool& pool, std::int64_t file,
                   const std::vector<std::string>& wanted)
    : shelf_(shelf),
      pool_(pool),
      file_(file),
      open_(std::make_shared<Open>(pool, wanted)),
      flights_(std::make_shared<Flights>()) {}

Task<Result<void>> Incoming::add(std::string_view piece) {
    size_ += piece.size();
    while (waiting_.size() + piece.size() >= kPiece) {
        const auto now = piece.substr(0, kPiece - waiting_.size());
        waiting_ += now;
        piece.remove_prefix(now.size());
        co_await flush();
        if (flights_->failed) {
            co_await landed(0);
            co_return std::move(open_->written);
        }
    }
    waiting_ += piece;
    co_return Result<void>();
}

// Puts the piece on its two ways. Further ones come meanwhile, but not too many.
Task<> Incoming::flush() {
    co_await landed(kPiecesMax - 1);
    const auto loop = co_await boost::asio::this_coro::executor;
    const auto piece =
        std::make_shared<Piece>(std::exchange(waiting_, {}), open_->sums.any() ? 2 : 1);
    waiting_.reserve(kPiece);
    ++flights_->under_way;
    const auto ended = [loop, flights = flights_, piece](bool well) {
        boost::asio::post(loop, [flights, piece, well] {
            flights->failed |= !well;
            if (--piece->left == 0) flights->has_landed();
        });
    };
    if (open_->sums.any())
        open_->summing.later([open = open_, piece, ended] {
            open->sums.add(piece->bytes);
            ended(true);
        });
    open_->writing.later([open = open_, piece, ended, &shelf = shelf_, file = file_] {
        open->write(shelf, file, piece->bytes);
        ended(open->written.has_value());
    });
}

// Behind the last piece: the file gets its name, and is durable.
Task<> Incoming::keep() {
    const auto loop = co_await boost::asio::this_coro::executor;
    ++flights_->under_way;
    open_->writing.later([loop, open = open_, flights = flights_, &shelf = shelf_, file = file_] {
        open->keep(shelf, file);
        boost::asio::post(loop, [flights] { flights->has_landed(); });
    });
}

// Until no more than so many pieces are under way.
Task<> Incoming::landed(int still_under_way) {
    while (flights_->under_way > still_under_way) {
        const auto one = flights_->landed = std::make_shared<io::OneShot<bool>>();
        co_await one->wait();
    }
}

Task<Result<Body>> Incoming::finish() {
    Body body{.size = size_};
    if (size_ > inline_bytes_max) {
        if (!waiting_.empty()) co_await flush();
        co_await keep();
        co_await landed(0);
        CO_TRYV(std::move(open_->written));
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
