#include "workers/worker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace mayfly::workers {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

namespace {

constexpr auto kQuickly = Millis{10};
constexpr auto kPeakAge = Millis{100};  // of calls that follow one another quickly
constexpr int kKeptBelow = 4096;        // a descriptor that could do without; thousands need theirs
constexpr int kBlocksPerTurn = 16;      // of 64 KiB of a log, read before others get their turn

// A worker writes it before the first print of a call (runtimes/PROTOCOL.md).
std::string log_mark(std::string_view request_id) { return fmt::format("\x1e{}\n", request_id); }

}  // namespace

struct Worker::LogPipe {
    LogPipe(asio::io_context& loop, Fd end) : stream(loop, end.release()) {
        stream.non_blocking(true);
    }

    asio::posix::stream_descriptor stream;
};

Worker::Worker(asio::io_context& loop, const Clock& clock, io::Turns& turns,
               std::array<Fd, sandbox::kEnds> pipes, std::optional<RingMemory> shared,
               Events events)
    : clock_(clock),
      events_(std::move(events)),
      log_pipe_(std::make_unique<LogPipe>(loop, std::move(pipes[sandbox::kEndLog]))),
      channel_(std::make_shared<Channel>(loop, turns, std::move(pipes[sandbox::kEndIn]),
                                         std::move(pipes[sandbox::kEndOut]), std::move(shared),
                                         Channel::Events{.frame =
                                                             [this](FrameReader::Frame& frame) {
                                                                 const auto keep =
                                                                     shared_from_this();
                                                                 return handle(frame);
                                                             },
                                                         .drained = [this] { events_.drained(); },
                                                         .silent =
                                                             [this] {
                                                                 const auto keep =
                                                                     shared_from_this();
                                                                 events_.silent();
                                                             }})) {}

// Somebody may be in the middle of what it has heard.
Worker::~Worker() { channel_->leave(); }

void Worker::listen() {
    channel_->listen();
    wait_log();
}

void Worker::set_up(std::string_view setup_json) {
    channel_->send({.type = FrameType::setup}, setup_json);
}

void Worker::call(CallId id, std::string_view request_id, std::string_view event,
                  std::string_view about) {
    thaw();
    channel_->send_call({.type = FrameType::call, .call = id.n}, request_id, about, event);
}

void Worker::hook(CallId id, std::string_view request_id, Hook which) {
    thaw();
    channel_->send_call(
        {.type = FrameType::hook, .flags = static_cast<std::uint8_t>(which), .call = id.n},
        request_id, {}, {});
}

void Worker::grant(CallId id, std::uint32_t bytes) { send_credit(id, 0, bytes); }

void Worker::leave_unread(CallId id) { send_credit(id, kUnread, 0); }

void Worker::send_credit(CallId id, std::uint8_t flags, std::uint32_t bytes) {
    char payload[sizeof bytes];
    std::memcpy(payload, &bytes, sizeof bytes);
    channel_->send_past_calls({.type = FrameType::credit, .flags = flags, .call = id.n},
                              {payload, sizeof payload});
}

void Worker::pass_on(CallId id, std::uint8_t flags, std::string_view part) {
    channel_->send_past_calls({.type = FrameType::part, .flags = flags, .call = id.n}, part);
}

void Worker::freeze() {
    core_time_file_.reset();
    if (!frozen_ && !freeze_path_.empty()) frozen_ = write_freeze_file('1');
}

void Worker::thaw() {
    if (std::exchange(frozen_, false)) write_freeze_file('0');
}

bool Worker::write_freeze_file(char word) const {
    const Fd file(::open(freeze_path_.c_str(), O_WRONLY | O_CLOEXEC));
    return ::write(file.get(), &word, 1) == 1;
}

void Worker::set_group(const sandbox::GroupFiles& files) {
    memory_peak_path_ = files.memory_peak;
    freeze_path_ = files.freeze;
    core_use_path_ = files.core_use;
}

std::optional<Micros> Worker::core_use() const {
    char text[64] = {};  // its first line is the one
    if (core_use_path_.empty()) return {};
    const Fd file(::open(core_use_path_.c_str(), O_RDONLY | O_CLOEXEC));
    const auto n = ::read(file.get(), text, sizeof text);
    if (n <= 0) return {};
    return workers::core_use({text, static_cast<std::size_t>(n)});
}

std::optional<CoreTime> Worker::core_time() {
    char path[32] = {}, text[64] = {};
    if (pid_ == 0) return {};
    if (!core_time_file_) {
        fmt::format_to(path, "/proc/{}/schedstat", pid_);
        core_time_file_ = Fd(::open(path, O_RDONLY | O_CLOEXEC));
    }
    const auto n = ::pread(core_time_file_.get(), text, sizeof text, 0);
    if (core_time_file_.get() >= kKeptBelow) core_time_file_.reset();
    if (n <= 0) return {};
    return workers::core_time({text, static_cast<std::size_t>(n)});
}

void Worker::wait_log() {
    log_pipe_->stream.async_wait(asio::posix::stream_descriptor::wait_read,
                                 [weak = weak_from_this()](const ErrorCode& error) {
                                     const auto self = weak.lock();
                                     if (!self || error) return;
                                     if (self->read_log() && !self->channel_->is_silent())
                                         self->wait_log();
                                 });
}

// False: it is none that a worker may send.
bool Worker::handle(FrameReader::Frame& frame) {
    const CallId call{frame.header.call};
    if (frame.header.type == FrameType::stage) {
        events_.stage(frame.header.flags, stage_time(frame.payload, clock_.now()));
    } else if (frame.header.type == FrameType::answer) {
        if (channel_->is_news()) read_log();  // it flushed before it answered: this is all of it
        events_.answer(call, Answer{.flags = frame.header.flags,
                                    .body = std::move(frame.payload),
                                    .log = log_of(call),
                                    .memory_bytes_peak = memory_bytes_peak()});
    } else if (frame.header.type == FrameType::part) {
        events_.part(call, frame.header.flags, std::move(frame.payload));
    } else if (frame.header.type == FrameType::credit) {
        const auto bytes = granted(frame.payload);
        if (!bytes) return false;
        events_.credit(call, *bytes);
    } else {
        return false;
    }
    return true;
}

// A pipe holds 64 KiB, so a few blocks are all that was printed until now; one that is refilled
// while we read must not keep the loop from others. False at its end.
bool Worker::read_log() {
    char block[65536];
    for (int blocks = 0; blocks < kBlocksPerTurn; ++blocks) {
        const auto n = ::read(log_pipe_->stream.native_handle(), block, sizeof block);
        if (n == 0) return false;
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        log_.add({block, static_cast<std::size_t>(n)});
        if (n < static_cast<ssize_t>(sizeof block)) return true;
    }
    return true;
}

// The next call may have begun and printed already: what comes after its mark is its own.
std::string Worker::log_of(CallId call) {
    const auto& sent = channel_->sent();
    const auto mine = std::ranges::find(sent, call, &Channel::Sent::call);
    if (mine == sent.end()) return {};  // invented
    std::string text;
    if (!log_.empty()) {
        text = log_.take();
        auto end = text.size();
        for (auto later = mine + 1; later != sent.end(); ++later)
            end = std::min(end, text.find(log_mark(later->request_id)));
        log_.add(std::string_view(text).substr(end));
        text.resize(end);
        const auto mark = log_mark(mine->request_id);
        for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at))
            text.erase(at, mark.size());
    }
    channel_->answered(call);
    return text;
}

std::string Worker::take_log() {
    read_log();
    const auto& sent = channel_->sent();
    return sent.empty() ? log_.take() : log_of(sent.front().call);
}

// Reading it costs as much as the rest of an answer, so calls in quick succession share one look:
// none of them took long enough to fill much memory.
std::int64_t Worker::memory_bytes_peak() {
    const Time now = clock_.now();
    const bool quickly = now - std::exchange(peak_asked_, now) < kQuickly;
    if (memory_peak_path_.empty() || (quickly && now - peak_read_ < kPeakAge)) return last_peak_;
    peak_read_ = now;
    char text[32] = {};
    const Fd file(::open(memory_peak_path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (::read(file.get(), text, sizeof text - 1) > 0) last_peak_ = std::strtoll(text, nullptr, 10);
    return last_peak_;
}

}  // namespace mayfly::workers
