#include "custom/frames.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace mayfly::custom {

namespace {

constexpr std::size_t kPipeBytes = 65536;  // what a pipe holds: a packet read by so much is whole

}  // namespace

std::size_t Inbox::read_some(char* place, std::size_t bytes) {
    for (;;) {
        const auto n = ::read(pipe_, place, bytes);
        if (n > 0) return static_cast<std::size_t>(n);
        if (n == 0) ::_exit(0);
        if (errno != EINTR) ::_exit(1);
    }
}

void Inbox::read_into(char* place, std::size_t bytes) {
    while (bytes > 0) {
        const auto n = read_some(place, bytes);
        place += n;
        bytes -= n;
    }
}

Inbox::Frame Inbox::next() {
    Lock lock(mutex_);
    while (frames_.empty()) read_or_wait(lock);
    auto frame = std::move(frames_.front());
    frames_.pop_front();
    return frame;
}

std::size_t Inbox::take_credit(std::uint64_t call, std::size_t wanted) {
    Lock lock(mutex_);
    for (;; read_or_wait(lock)) {
        auto& credit = credit_.at(call);
        if (credit.unread) return 0;
        const auto bytes = std::min(credit.bytes, wanted);
        credit.bytes -= bytes;
        if (bytes > 0) return bytes;
    }
}

void Inbox::open_credit(std::uint64_t call, std::size_t bytes) {
    const Lock lock(mutex_);
    credit_[call] = {.bytes = bytes};
}

void Inbox::close_credit(std::uint64_t call) {
    const Lock lock(mutex_);
    credit_.erase(call);
}

// Until one more frame has come, whoever it is for.
void Inbox::read_or_wait(Lock& lock) {
    if (reading_) return came_.wait(lock);
    reading_ = true;
    lock.unlock();
    auto frame = read_frame();
    lock.lock();
    reading_ = false;
    came_.notify_all();
    hand_out(std::move(frame));
    ring_bells();
}

// What is about a call that has ended is nobody's.
void Inbox::hand_out(Frame frame) {
    using workers::FrameType;
    if (frame.header.type == FrameType::credit) {
        const auto bytes = workers::granted(frame.payload);
        if (!bytes) ::_exit(2);
        const auto found = credit_.find(frame.header.call);
        if (found == credit_.end()) return;
        found->second.bytes += *bytes;
        found->second.unread |= (frame.header.flags & workers::kUnread) != 0;
    } else if (frame.header.type == FrameType::part) {
        const auto found = bodies_.find(frame.header.call);
        if (found == bodies_.end()) return;
        found->second.part.bytes += frame.payload;
        found->second.part.flags |= frame.header.flags;
    } else {
        frames_.push_back(std::move(frame));
    }
}

void Inbox::ring_bells() {
    for (const auto& [call, body] : bodies_) ::eventfd_write(body.bell.get(), 1);
}

void Inbox::open_body(std::uint64_t call) {
    Fd bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!bell) ::_exit(1);
    const Lock lock(mutex_);
    bodies_[call] = {.bell = std::move(bell)};
}

void Inbox::close_body(std::uint64_t call) {
    const Lock lock(mutex_);
    bodies_.erase(call);
}

Inbox::Part Inbox::take_body(std::uint64_t call) {
    const Lock lock(mutex_);
    auto& part = bodies_.at(call).part;
    return {.bytes = std::exchange(part.bytes, {}), .flags = part.flags};
}

// The pipe is a sign where nobody reads it. What has been read of a next frame is none: it is
// finished first.
std::array<int, 2> Inbox::signs(std::uint64_t call) {
    Lock lock(mutex_);
    while (!reading_ && !ahead_.empty()) read_or_wait(lock);
    return {bodies_.at(call).bell.get(), reading_ ? -1 : pipe_};
}

void Inbox::heed(std::uint64_t call) {
    Lock lock(mutex_);
    eventfd_t rung = 0;
    ::eventfd_read(bodies_.at(call).bell.get(), &rung);
    if (reading_) return;
    pollfd pipe{.fd = pipe_, .events = POLLIN, .revents = 0};
    if (::poll(&pipe, 1, 0) > 0) read_or_wait(lock);
}

Inbox::Frame Inbox::read_frame() {
    while (ahead_.size() < workers::kFrameHeaderBytes) {
        char block[kPipeBytes];
        ahead_.append(block, read_some(block, sizeof block));
    }
    const auto header =
        workers::decode(std::string_view(ahead_).substr(0, workers::kFrameHeaderBytes));
    if (!header) ::_exit(2);
    const auto here =
        std::min<std::size_t>(ahead_.size() - workers::kFrameHeaderBytes, header->length);
    Frame frame{.header = *header, .payload = {}};
    frame.payload.resize(header->length);
    std::copy_n(ahead_.data() + workers::kFrameHeaderBytes, here, frame.payload.data());
    ahead_.erase(0, workers::kFrameHeaderBytes + here);
    // No byte more: what follows may be a packet, of which a short read loses the rest.
    read_into(frame.payload.data() + here, header->length - here);
    return frame;
}

void Outbox::send(workers::FrameType type, std::uint8_t flags, std::uint64_t call,
                  std::initializer_list<std::string_view> parts) {
    std::size_t length = 0;
    for (const auto part : parts) length += part.size();
    auto head = workers::encode(
        {.length = static_cast<std::uint32_t>(length), .type = type, .flags = flags, .call = call});
    std::vector<iovec> left{{head.data(), head.size()}};
    for (const auto part : parts)
        if (!part.empty()) left.push_back({const_cast<char*>(part.data()), part.size()});
    const std::lock_guard lock(one_writer_);
    for (std::size_t first = 0; first < left.size();) {
        auto n = ::writev(pipe_, &left[first], static_cast<int>(left.size() - first));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) ::_exit(1);
        for (; first < left.size() && static_cast<std::size_t>(n) >= left[first].iov_len; ++first)
            n -= static_cast<ssize_t>(left[first].iov_len);
        if (first == left.size()) return;
        left[first].iov_base = static_cast<char*>(left[first].iov_base) + n;
        left[first].iov_len -= static_cast<std::size_t>(n);
    }
}

}  // namespace mayfly::custom
