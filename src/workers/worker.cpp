#include "workers/worker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace mayfly::workers {

namespace asio = boost::asio;
using Stream = asio::posix::stream_descriptor;
using ErrorCode = boost::system::error_code;

namespace {

constexpr int kBlocksPerTurn = 16;  // of 64 KiB, read of one worker before others get their turn

}  // namespace

struct Worker::Streams {
    Stream socket, log;
};

Worker::Worker(asio::io_context& loop, Fd socket, Fd log_pipe, Events events)
    : streams_(std::make_unique<Streams>(
          Streams{Stream(loop, socket.release()), Stream(loop, log_pipe.release())})),
      events_(std::move(events)) {
    streams_->socket.non_blocking(true);
    streams_->log.non_blocking(true);
}

Worker::~Worker() = default;

void Worker::listen() {
    wait_readable();
    wait_log();
}

void Worker::set_up(std::string_view setup_json) {
    const auto head = encode(
        {.length = static_cast<std::uint32_t>(setup_json.size()), .type = FrameType::setup});
    send({head.data(), head.size()}, setup_json, {});
}

void Worker::call(CallId id, std::string_view about, std::string_view event) {
    const auto about_bytes = static_cast<std::uint32_t>(about.size());
    const auto head = encode({.length = static_cast<std::uint32_t>(4 + about.size() + event.size()),
                              .type = FrameType::call,
                              .call = id.n});
    char start[kFrameHeaderBytes + 4];
    std::memcpy(start, head.data(), head.size());
    std::memcpy(start + head.size(), &about_bytes, 4);
    send({start, sizeof start}, about, event);
}

// Straight into the socket if it takes it; what it does not take waits in unsent_.
void Worker::send(std::string_view head, std::string_view a, std::string_view b) {
    std::size_t sent = 0;
    if (unsent_.empty() && !silent_) {
        iovec parts[3];
        int count = 0;
        for (const auto part : {head, a, b})
            if (!part.empty()) parts[count++] = {const_cast<char*>(part.data()), part.size()};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = static_cast<std::size_t>(count);
        const auto n = ::sendmsg(streams_->socket.native_handle(), &message, MSG_NOSIGNAL);
        if (n > 0) sent = static_cast<std::size_t>(n);
    }
    for (auto part : {head, a, b}) {
        const auto skip = std::min(sent, part.size());
        sent -= skip;
        unsent_ += part.substr(skip);
    }
    if (!unsent_.empty()) flush();
}

void Worker::flush() {
    if (writing_ || silent_) return;
    writing_ = true;
    streams_->socket.async_wait(Stream::wait_write, [weak = weak_from_this()](const ErrorCode& error) {
        const auto self = weak.lock();
        if (!self || error) return;
        self->writing_ = false;
        const auto n = ::send(self->streams_->socket.native_handle(), self->unsent_.data(),
                              self->unsent_.size(), MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) return;  // the reading side will notice
        if (n > 0) self->unsent_.erase(0, static_cast<std::size_t>(n));
        if (!self->unsent_.empty()) self->flush();
    });
}

void Worker::wait_readable() {
    streams_->socket.async_wait(Stream::wait_read, [weak = weak_from_this()](const ErrorCode& error) {
        if (const auto self = weak.lock(); self && !error) self->on_readable();
    });
}

void Worker::wait_log() {
    streams_->log.async_wait(Stream::wait_read, [weak = weak_from_this()](const ErrorCode& error) {
        const auto self = weak.lock();
        if (!self || error) return;
        if (self->read_log() && !self->silent_) self->wait_log();
    });
}

void Worker::on_readable() {
    char block[65536];
    for (int blocks = 0; blocks < kBlocksPerTurn; ++blocks) {
        const auto n = ::recv(streams_->socket.native_handle(), block, sizeof block, 0);
        if (n > 0) {
            reader_.feed({block, static_cast<std::size_t>(n)});
            if (!handle_frames()) return;
            if (n < static_cast<ssize_t>(sizeof block)) break;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno == EAGAIN) {
            break;
        } else {
            return fall_silent();
        }
    }
    wait_readable();
}

// False once nobody listens any more.
bool Worker::handle_frames() {
    FrameReader::Frame frame;
    for (;;) {
        const auto whole = reader_.next(frame);
        if (!whole) {
            fall_silent();
            return false;
        }
        if (!*whole) return true;
        if (frame.header.type == FrameType::stage) {
            events_.stage(frame.header.flags);
        } else if (frame.header.type == FrameType::answer) {
            read_log();  // it flushed before it answered, so this is all of it
            events_.answer(CallId{frame.header.call}, Answer{.flags = frame.header.flags,
                                                             .body = std::move(frame.payload),
                                                             .log = log_.take(),
                                                             .memory_bytes_peak = memory_bytes_peak()});
        } else {
            fall_silent();
            return false;
        }
        if (silent_) return false;
    }
}

// A pipe holds 64 KiB, so a few blocks are all that was printed until now; one that is refilled while we
// read must not keep the loop from others. False at its end.
bool Worker::read_log() {
    char block[65536];
    for (int blocks = 0; blocks < kBlocksPerTurn; ++blocks) {
        const auto n = ::read(streams_->log.native_handle(), block, sizeof block);
        if (n == 0) return false;
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        log_.add({block, static_cast<std::size_t>(n)});
        if (n < static_cast<ssize_t>(sizeof block)) return true;
    }
    return true;
}

std::string Worker::take_log() {
    read_log();
    return log_.take();
}

std::int64_t Worker::memory_bytes_peak() const {
    char text[32] = {};
    if (!memory_peak_ || ::pread(memory_peak_.get(), text, sizeof text - 1, 0) <= 0) return 0;
    return std::strtoll(text, nullptr, 10);
}

void Worker::fall_silent() {
    silent_ = true;
    const auto keep = shared_from_this();
    events_.silent();
}

}  // namespace mayfly::workers
