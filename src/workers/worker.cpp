#include "workers/worker.hpp"

#include "base/check.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace mayfly::workers {

namespace asio = boost::asio;
using Stream = asio::posix::stream_descriptor;
using ErrorCode = boost::system::error_code;

namespace {

constexpr std::size_t kRequestIdMax = 255;
constexpr std::size_t kInboxBytes = 4096;
constexpr auto kQuickly = Millis{10};
constexpr auto kPeakAge = Millis{100};  // of calls that follow one another quickly
// A worker writes it before the first print of a call (runtimes/PROTOCOL.md).
std::string log_mark(std::string_view request_id) { return fmt::format("\x1e{}\n", request_id); }

constexpr int kKeptBelow = 4096;    // a descriptor that could do without; thousands need theirs
constexpr int kBlocksPerTurn = 16;  // of 64 KiB, read of one worker before others get their turn
constexpr int kSharedPerTurn = 64;  // frames by shared memory, likewise

}  // namespace

struct Worker::Streams {
    Streams(asio::io_context& loop, std::array<Fd, sandbox::kEnds> pipes)
        : in(loop, pipes[sandbox::kEndIn].release()),
          out(loop, pipes[sandbox::kEndOut].release()),
          log(loop, pipes[sandbox::kEndLog].release()) {
        for (auto* stream : {&in, &out, &log}) stream->non_blocking(true);
    }

    Stream in, out, log;  // as the worker sees them: we write to `in`
    std::array<char, kInboxBytes> inbox;
};

Worker::Worker(asio::io_context& loop, const Clock& clock, io::Turns& turns,
               std::array<Fd, sandbox::kEnds> pipes, std::optional<RingMemory> shared,
               Events events)
    : clock_(clock),
      turns_(turns),
      streams_(std::make_unique<Streams>(loop, std::move(pipes))),
      events_(std::move(events)),
      shared_(std::move(shared)) {}

Worker::~Worker() = default;

void Worker::listen() {
    wait_readable();
    wait_log();
}

void Worker::set_up(std::string_view setup_json) {
    const auto head =
        encode({.length = static_cast<std::uint32_t>(setup_json.size()), .type = FrameType::setup});
    send({head.data(), head.size()}, setup_json);
}

void Worker::call(CallId id, std::string_view request_id, std::string_view event,
                  std::string_view about) {
    send_call({.type = FrameType::call, .call = id.n}, request_id, about, event);
}

void Worker::hook(CallId id, std::string_view request_id, Hook which) {
    send_call({.type = FrameType::hook, .flags = static_cast<std::uint8_t>(which), .call = id.n},
              request_id, {}, {});
}

void Worker::send_call(FrameHeader header, std::string_view request_id, std::string_view about,
                       std::string_view event) {
    CHECK(request_id.size() <= kRequestIdMax);
    const std::size_t prefix = 1 + request_id.size() + 4;
    const auto about_size = static_cast<std::uint32_t>(about.size());
    const auto payload = prefix + about.size() + event.size();
    header.length = static_cast<std::uint32_t>(payload);
    const auto head = encode(header);
    char start[kFrameHeaderBytes + 1 + kRequestIdMax + 4];
    std::memcpy(start, head.data(), head.size());
    start[head.size()] = static_cast<char>(request_id.size());
    std::memcpy(start + head.size() + 1, request_id.data(), request_id.size());
    std::memcpy(start + head.size() + prefix - 4, &about_size, 4);
    sent_.push_back({CallId{header.call}, std::string(request_id), head.size() + payload});
    thaw();
    sent_.back().begin = send({start, head.size() + prefix}, about, event);
}

void Worker::grant(CallId id, std::uint32_t bytes) { send_credit(id, 0, bytes); }

void Worker::leave_unread(CallId id) { send_credit(id, kUnread, 0); }

void Worker::send_credit(CallId id, std::uint8_t flags, std::uint32_t bytes) {
    char payload[sizeof bytes];
    std::memcpy(payload, &bytes, sizeof bytes);
    send_past_calls({.type = FrameType::credit, .flags = flags, .call = id.n},
                    {payload, sizeof payload});
}

void Worker::pass_on(CallId id, std::uint8_t flags, std::string_view part) {
    send_past_calls({.type = FrameType::part, .flags = flags, .call = id.n}, part);
}

void Worker::send_past_calls(FrameHeader header, std::string_view payload) {
    header.length = static_cast<std::uint32_t>(payload.size());
    const auto head = encode(header);
    for (auto& sent : sent_) sent.passed = true;
    send({head.data(), head.size()}, payload);
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

// A frame that fits is a packet of its own (pipe(2), O_DIRECT), so that one read takes one frame
// and a frame that nobody has read can be had back.
void Worker::keep_frames_apart(bool apart) {
    if (apart == apart_) return;
    apart_ = apart;
    ::fcntl(streams_->in.native_handle(), F_SETFL, O_WRONLY | O_NONBLOCK | (apart ? O_DIRECT : 0));
}

std::optional<CallId> Worker::take_back(CallId first) {
    if (!unsent_.empty() && !sent_.empty() && !sent_.back().begin) return take_back_unsent(first);
    if (rings_) return take_back_shared(first);
    if (!apart_) return {};
    // Another description of the same pipe, for reading.
    const auto path = fmt::format("/proc/self/fd/{}", streams_->in.native_handle());
    const Fd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    const auto sent = std::ranges::find(sent_, first, &Sent::call);
    int unread = 0;
    if (!reader || sent == sent_.end() || sent->passed ||
        ::ioctl(reader.get(), FIONREAD, &unread) != 0)
        return {};
    std::size_t bytes = 0;
    for (auto s = sent; s != sent_.end(); ++s) bytes += s->frame_bytes;
    // More than these frames: the one before them is unread too, and must not be taken.
    if (static_cast<std::size_t>(unread) > bytes) return {};
    char packet[PIPE_BUF];
    const auto n = ::read(reader.get(), packet, sizeof packet);
    if (n < static_cast<ssize_t>(kFrameHeaderBytes)) return {};  // all have begun
    const auto header = decode({packet, kFrameHeaderBytes});
    CHECK(header);  // only we write to this pipe
    const CallId taken{header->call};
    const auto gone = std::ranges::find(sent_, taken, &Sent::call);
    CHECK(gone != sent_.end());
    sent_.erase(gone);
    --pipe_sent_;
    return taken;
}

// The newest, if no byte of it is in the pipe: a host that is short of pipe pages gives small
// pipes.
std::optional<CallId> Worker::take_back_unsent(CallId first) {
    const auto oldest = std::ranges::find(sent_, first, &Sent::call);
    if (oldest == sent_.end() || sent_.back().passed || sent_.back().frame_bytes > unsent_.size())
        return {};
    const auto taken = sent_.back();
    unsent_.resize(unsent_.size() - taken.frame_bytes);
    sent_.pop_back();
    --pipe_sent_;
    return taken.call;
}

std::optional<CallId> Worker::take_back_shared(CallId first) {
    while (const auto begin = rings_->to_worker.oldest()) {
        const auto oldest = std::ranges::find(sent_, begin, &Sent::begin);
        if (oldest == sent_.end() || oldest < std::ranges::find(sent_, first, &Sent::call)) break;
        if (!rings_->to_worker.take_back(*begin, oldest->frame_bytes)) continue;  // read just now
        const auto taken = oldest->call;
        sent_.erase(oldest);
        return taken;
    }
    return {};
}

// By shared memory, if it takes it: where it begins there. Else straight into the pipe if that
// takes it; what it does not take waits in unsent_.
std::optional<std::uint32_t> Worker::send(std::string_view head, std::string_view a,
                                          std::string_view b) {
    if (rings_ && !silent_)
        if (const auto begin = rings_->to_worker.put(pipe_sent_, std::array{head, a, b})) {
            if (rings_->to_worker.wakes()) ring_bell();
            return begin;
        }
    ++pipe_sent_;
    std::size_t sent = 0;
    if (unsent_.empty() && !silent_) {
        keep_frames_apart(!rings_ && head.size() + a.size() + b.size() <= PIPE_BUF);
        const iovec parts[] = {{const_cast<char*>(head.data()), head.size()},
                               {const_cast<char*>(a.data()), a.size()},
                               {const_cast<char*>(b.data()), b.size()}};
        const auto n = ::writev(streams_->in.native_handle(), parts, 3);
        if (n > 0) sent = static_cast<std::size_t>(n);
    }
    for (auto part : {head, a, b}) {
        const auto skip = std::min(sent, part.size());
        sent -= skip;
        unsent_ += part.substr(skip);
    }
    if (!unsent_.empty()) flush();
    return {};
}

// A pipe that is full has woken it already.
void Worker::ring_bell() {
    keep_frames_apart(false);
    const auto bell = encode({.type = FrameType::bell});
    if (unsent_.empty()) (void)!::write(streams_->in.native_handle(), bell.data(), bell.size());
}

void Worker::flush() {
    if (writing_ || silent_) return;
    writing_ = true;
    streams_->in.async_wait(Stream::wait_write, [weak = weak_from_this()](const ErrorCode& error) {
        const auto self = weak.lock();
        if (!self || error) return;
        self->writing_ = false;
        self->keep_frames_apart(false);
        const auto n =
            ::write(self->streams_->in.native_handle(), self->unsent_.data(), self->unsent_.size());
        if (n < 0 && errno != EAGAIN) return;  // the reading side will notice
        const bool was_full = self->is_full();
        if (n > 0) self->unsent_.erase(0, static_cast<std::size_t>(n));
        if (!self->unsent_.empty()) self->flush();
        if (was_full && !self->is_full()) self->events_.drained();
    });
}

void Worker::wait_readable() {
    streams_->out.async_read_some(asio::buffer(streams_->inbox),
                                  [weak = weak_from_this()](const ErrorCode& error, std::size_t n) {
                                      const auto self = weak.lock();
                                      if (!self || error == asio::error::operation_aborted) return;
                                      if (error) return self->fall_silent();
                                      self->reader_.feed({self->streams_->inbox.data(), n});
                                      self->take_turn(&Worker::on_bytes, n == kInboxBytes);
                                  });
}

void Worker::wait_log() {
    streams_->log.async_wait(Stream::wait_read, [weak = weak_from_this()](const ErrorCode& error) {
        const auto self = weak.lock();
        if (!self || error) return;
        if (self->read_log() && !self->silent_) self->wait_log();
    });
}

void Worker::take_turn(void (Worker::*work)(bool), bool more) {
    turns_.take(party_, io::Work::answer, [weak = weak_from_this(), work, more] {
        const auto self = weak.lock();
        if (self && !self->silent_) (self.get()->*work)(more);
    });
}

// An inbox that came full has more behind it: taken at once, in larger pieces, within bounds.
void Worker::on_bytes(bool more) {
    if (!handle_frames()) return;
    char block[65536];
    for (int blocks = 0; more && blocks < kBlocksPerTurn; ++blocks) {
        const auto n = ::read(streams_->out.native_handle(), block, sizeof block);
        if (n == 0) return fall_silent();
        if (n < 0) break;
        reader_.feed({block, static_cast<std::size_t>(n)});
        if (!handle_frames()) return;
        more = n == static_cast<ssize_t>(sizeof block);
    }
    wait_readable();
    if (rings_) look_again();
}

void Worker::on_look(bool) {
    rings_->looks = false;
    if (handle_frames()) look_again();
}

// Who has just said something says more most often, while we are busy with it: it is listened to
// again, and has to wake us only when it had nothing more to say. As network devices are polled
// (Mogul and Ramakrishnan, Eliminating receive livelock, 1996).
void Worker::look_again() {
    const bool heard = std::exchange(rings_->heard, 0) > 0;
    if (rings_->looks || (!heard && rings_->to_server.sleep())) return;
    rings_->looks = true;
    asio::post(streams_->out.get_executor(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->take_turn(&Worker::on_look, false);
    });
}

// False once nobody listens any more.
bool Worker::handle_frames() {
    FrameReader::Frame frame;
    for (;;) {
        const auto whole = next_frame(frame);
        if (!whole) {
            fall_silent();
            return false;
        }
        if (!*whole) return true;
        if (!handle(frame)) fall_silent();
        if (silent_) return false;
    }
}

// In the order in which they were sent: what is of the pipe is here, so that what went before it by
// shared memory is there.
Result<bool> Worker::next_frame(FrameReader::Frame& frame) {
    if (rings_) {
        if (rings_->heard == kSharedPerTurn) return false;
        TRY(const bool shared, rings_->to_server.next(pipe_heard_, frame));
        rings_->heard_last = shared;
        if (shared) ++rings_->heard;
        if (shared) return true;
    }
    TRY(const bool whole, reader_.next(frame));
    if (whole && frame.header.type != FrameType::bell) ++pipe_heard_;
    return whole;
}

// False: it is none that a worker may send.
bool Worker::handle(FrameReader::Frame& frame) {
    const CallId call{frame.header.call};
    if (frame.header.type == FrameType::bell) {
        return true;
    } else if (frame.header.type == FrameType::stage && frame.header.flags == kShares) {
        return begin_sharing();
    } else if (frame.header.type == FrameType::stage) {
        events_.stage(frame.header.flags, stage_time(frame.payload, clock_.now()));
    } else if (frame.header.type == FrameType::answer) {
        read_log_before();
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

bool Worker::begin_sharing() {
    if (!shared_ || rings_) return false;
    rings_.emplace(
        Rings{.to_worker{*shared_, Way::to_worker}, .to_server{*shared_, Way::to_server}});
    return true;
}

// A pipe holds 64 KiB, so a few blocks are all that was printed until now; one that is refilled
// while we read must not keep the loop from others. False at its end.
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

// It flushed before it answered, so this is all of it. It is read once for answers that were in
// memory together.
void Worker::read_log_before() {
    if (rings_ && rings_->heard_last) {
        const auto seen = rings_->to_server.seen();
        if (std::exchange(rings_->logged, seen) == seen) return;
    }
    read_log();
}

// The next call may have begun and printed already: what comes after its mark is its own.
std::string Worker::log_of(CallId call) {
    const auto mine = std::ranges::find(sent_, call, &Sent::call);
    if (mine == sent_.end()) return {};  // invented
    if (log_.empty()) {
        sent_.erase(mine);
        return {};
    }
    const auto mark = log_mark(mine->request_id);
    auto text = log_.take();
    auto end = text.size();
    for (auto later = mine + 1; later != sent_.end(); ++later)
        end = std::min(end, text.find(log_mark(later->request_id)));
    sent_.erase(mine);
    log_.add(std::string_view(text).substr(end));
    text.resize(end);
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at))
        text.erase(at, mark.size());
    return text;
}

std::string Worker::take_log() {
    read_log();
    return sent_.empty() ? log_.take() : log_of(sent_.front().call);
}

void Worker::read_rest() {
    char block[65536];
    while (!silent_) {
        const auto n = ::read(streams_->out.native_handle(), block, sizeof block);
        if (n <= 0) return;
        reader_.feed({block, static_cast<std::size_t>(n)});
        if (!handle_frames()) return;
    }
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

void Worker::fall_silent() {
    silent_ = true;
    const auto keep = shared_from_this();
    events_.silent();
}

}  // namespace mayfly::workers
