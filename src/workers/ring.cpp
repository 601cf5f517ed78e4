#include "workers/ring.hpp"

#include "base/files.hpp"

#include <sys/mman.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <utility>

namespace mayfly::workers {

namespace {

// Layout, in bytes. A position counts all bytes that ever went in, modulo 2^32, so it is in the
// data at its remainder by kRingBytes.
constexpr std::size_t kControlBytes = 4096, kControlApart = 256;
constexpr std::size_t kHeadAt = 0, kTailAt = 64, kSleepsAt = 128;  // of a ring's control
constexpr std::size_t kAllBytes = kControlBytes + 2 * kRingBytes;
constexpr std::size_t kEntryHead = 8;  // its size, then how many frames of the pipe it follows

using Word = std::atomic_ref<std::uint32_t>;

Word word_at(std::byte* place) { return Word(*reinterpret_cast<std::uint32_t*>(place)); }

constexpr std::size_t entry_bytes(std::size_t frame_bytes) {
    return (kEntryHead + frame_bytes + 7) / 8 * 8;
}

// What is left of the data behind a position.
std::uint32_t rest_behind(std::uint32_t position) {
    return static_cast<std::uint32_t>(kRingBytes - position % kRingBytes);
}

}  // namespace

Result<std::pair<RingMemory, Fd>> RingMemory::make() {
    Fd file(::memfd_create("mayfly-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    // A worker that made it shorter would have us read what is not there.
    if (!file || ::ftruncate(file.get(), kAllBytes) != 0 ||
        ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return Failure(errno_error("memory to share with a worker"));
    void* begin = ::mmap(nullptr, kAllBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (begin == MAP_FAILED) return Failure(errno_error("memory to share with a worker"));
    return std::pair(RingMemory(static_cast<std::byte*>(begin)), std::move(file));
}

RingMemory::RingMemory(RingMemory&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)) {}

RingMemory::~RingMemory() {
    if (begin_) ::munmap(begin_, kAllBytes);
}

std::byte* RingMemory::control(Way way) const {
    return begin_ + kControlApart * static_cast<std::size_t>(way);
}

std::byte* RingMemory::data(Way way) const {
    return begin_ + kControlBytes + kRingBytes * static_cast<std::size_t>(way);
}

// A frame lies in one piece. A ring that is empty begins again at its beginning, so that one which
// has little to carry uses little memory.
std::optional<std::uint32_t> RingWriter::put(std::uint32_t after,
                                             std::span<const std::string_view> frame) {
    std::size_t bytes = 0;
    for (const auto piece : frame) bytes += piece.size();
    const auto size = static_cast<std::uint32_t>(entry_bytes(bytes));
    const auto used = tail_ - word_at(control_ + kHeadAt).load(std::memory_order_acquire);
    if (size > kRingEntryBytesMax || used > kRingBytes) return {};
    auto begin = tail_;
    const bool again = used == 0 && begin % kRingBytes >= size;
    if (again || rest_behind(begin) < size) begin += rest_behind(begin);
    if (used + (begin - tail_) + size > kRingBytes) return {};
    if (begin != tail_)
        word_at(data_ + tail_ % kRingBytes).store(0, std::memory_order_relaxed);  // nothing more
    std::byte* place = data_ + begin % kRingBytes;
    word_at(place).store(size, std::memory_order_relaxed);
    word_at(place + 4).store(after, std::memory_order_relaxed);
    place += kEntryHead;
    for (const auto piece : frame) {
        if (!piece.empty()) std::memcpy(place, piece.data(), piece.size());
        place += piece.size();
    }
    tail_ = begin + size;
    word_at(control_ + kTailAt).store(tail_);
    return begin;
}

bool RingWriter::wakes() {
    const auto sleeps = word_at(control_ + kSleepsAt);
    return sleeps.load() != 0 && sleeps.exchange(0) != 0;
}

std::optional<std::uint32_t> RingWriter::oldest() const {
    const auto head = word_at(control_ + kHeadAt).load(std::memory_order_acquire);
    if (head == tail_ || head % 8 != 0) return {};
    const bool nothing_more =
        word_at(data_ + head % kRingBytes).load(std::memory_order_relaxed) == 0;
    return nothing_more ? head + rest_behind(head) : head;
}

bool RingWriter::take_back(std::uint32_t begin, std::size_t frame_bytes) {
    if (oldest() != begin) return false;
    const auto end = begin + static_cast<std::uint32_t>(entry_bytes(frame_bytes));
    const auto head = word_at(control_ + kHeadAt);
    for (auto at = head.load(); at == begin || at + rest_behind(at) == begin;)
        if (head.compare_exchange_weak(at, end)) return true;
    return false;
}

Result<bool> RingReader::next(std::uint32_t passed, FrameReader::Frame& frame) {
    for (;;) {
        seen_ = word_at(control_ + kTailAt).load(std::memory_order_acquire);
        const auto have = seen_ - head_;
        if (have == 0) return false;
        const auto rest = rest_behind(head_);
        std::byte* place = data_ + head_ % kRingBytes;
        const auto size = word_at(place).load(std::memory_order_relaxed);
        if (size == 0 ? rest > have : size > have || size > rest || size % 8 != 0)
            return fail(Kind::invalid, "shared memory that holds no frame");
        if (size == 0) {
            head_ += rest;
            word_at(control_ + kHeadAt).store(head_, std::memory_order_release);
            continue;
        }
        if (word_at(place + 4).load(std::memory_order_relaxed) != passed) return false;
        if (size < kEntryHead + kFrameHeaderBytes || have > kRingBytes)
            return fail(Kind::invalid, "shared memory that holds no frame");
        char head[kFrameHeaderBytes];
        std::memcpy(head, place + kEntryHead, sizeof head);
        TRY(frame.header, decode({head, sizeof head}));
        if (entry_bytes(kFrameHeaderBytes + std::size_t{frame.header.length}) != size)
            return fail(Kind::invalid, "a frame of another length than its place");
        frame.payload.assign(reinterpret_cast<const char*>(place) + kEntryHead + kFrameHeaderBytes,
                             frame.header.length);
        head_ += size;
        word_at(control_ + kHeadAt).store(head_, std::memory_order_release);
        return true;
    }
}

bool RingReader::sleep() {
    const auto sleeps = word_at(control_ + kSleepsAt);
    sleeps.store(1);
    if (word_at(control_ + kTailAt).load() == seen_) return true;
    sleeps.store(0);
    return false;
}

}  // namespace mayfly::workers
