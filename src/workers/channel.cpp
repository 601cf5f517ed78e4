#include "workers/channel.hpp"

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
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace mayfly::workers {

namespace asio = boost::asio;
using Stream = asio::posix::stream_descriptor;
using ErrorCode = boost::system::error_code;

namespace {

constexpr std::size_t kRequestIdMax = 255;
constexpr std::size_t kInboxBytes = 4096;
constexpr int kBlocksPerTurn = 16;  // of 64 KiB, read of one worker before others get their turn
constexpr int kSharedPerTurn = 64;  // frames by shared memory, likewise

}  // namespace

struct Channel::Streams {
    Streams(asio::io_context& loop, Fd in_end, Fd out_end)
        : in(loop, in_end.release()), out(loop, out_end.release()) {
        for (auto* stream : {&in, &out}) stream->non_blocking(true);
    }

    Stream in, out;  // as the worker sees them: we write to `in`
    std::array<char, kInboxBytes> inbox;
};

Channel::Channel(asio::io_context& loop, io::Turns& turns, Fd in, Fd out,
                 std::optional<RingMemory> shared, Events events)
    : turns_(turns),
      streams_(std::make_unique<Streams>(loop, std::move(in), std::move(out))),
      events_(std::move(events)),
      shared_(std::move(shared)) {}

Channel::~Channel() = default;

void Channel::listen() { wait_readable(); }

void Channel::send_call(FrameHeader header, std::string_view request_id, std::string_view about,
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
    sent_.back().begin = write({start, head.size() + prefix}, about, event);
}

void Channel::send(FrameHeader header, std::string_view payload) {
    header.length = static_cast<std::uint32_t>(payload.size());
    const auto head = encode(header);
    write({head.data(), head.size()}, payload);
}

void Channel::send_past_calls(FrameHeader header, std::string_view payload) {
    for (auto& sent : sent_) sent.passed = true;
    send(header, payload);
}

void Channel::answered(CallId call) {
    const auto mine = std::ranges::find(sent_, call, &Sent::call);
    if (mine != sent_.end()) sent_.erase(mine);
}

// A frame that fits is a packet of its own (pipe(2), O_DIRECT), so that one read takes one frame
// and a frame that nobody has read can be had back.
void Channel::keep_frames_apart(bool apart) {
    if (apart == apart_) return;
    apart_ = apart;
    ::fcntl(streams_->in.native_handle(), F_SETFL, O_WRONLY | O_NONBLOCK | (apart ? O_DIRECT : 0));
}

std::optional<CallId> Channel::take_back(CallId first) {
    if (!unsent_.empty() && !sent_.empty() && !sent_.back().begin) return take_back_unsent(first);
    if (rings_) return take_back_shared(first);
    return apart_ ? take_back_packet(first) : std::nullopt;
}

std::optional<CallId> Channel::take_back_packet(CallId first) {
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
std::optional<CallId> Channel::take_back_unsent(CallId first) {
    const auto oldest = std::ranges::find(sent_, first, &Sent::call);
    if (oldest == sent_.end() || sent_.back().passed || sent_.back().frame_bytes > unsent_.size())
        return {};
    const auto taken = sent_.back();
    unsent_.resize(unsent_.size() - taken.frame_bytes);
    sent_.pop_back();
    --pipe_sent_;
    return taken.call;
}

std::optional<CallId> Channel::take_back_shared(CallId first) {
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
std::optional<std::uint32_t> Channel::write(std::string_view head, std::string_view a,
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
void Channel::ring_bell() {
    keep_frames_apart(false);
    const auto bell = encode({.type = FrameType::bell});
    if (unsent_.empty()) (void)!::write(streams_->in.native_handle(), bell.data(), bell.size());
}

void Channel::flush() {
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

void Channel::wait_readable() {
    streams_->out.async_read_some(asio::buffer(streams_->inbox),
                                  [weak = weak_from_this()](const ErrorCode& error, std::size_t n) {
                                      const auto self = weak.lock();
                                      if (!self || error == asio::error::operation_aborted) return;
                                      if (error) return self->on_end();
                                      self->reader_.feed({self->streams_->inbox.data(), n});
                                      self->take_turn(&Channel::on_bytes, n == kInboxBytes);
                                  });
}

void Channel::take_turn(void (Channel::*work)(bool), bool more) {
    turns_.take(party_, io::Work::answer, [weak = weak_from_this(), work, more] {
        const auto self = weak.lock();
        if (self && !self->silent_) (self.get()->*work)(more);
    });
}

// An inbox that came full has more behind it: taken at once, in larger pieces, within bounds.
void Channel::on_bytes(bool more) {
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

void Channel::on_look(bool) {
    rings_->looks = false;
    if (handle_frames()) look_again();
}

// Who has just said something says more most often, while we are busy with it: it is listened to
// again, and has to wake us only when it had nothing more to say. As network devices are polled
// (Mogul and Ramakrishnan, Eliminating receive livelock, 1996).
void Channel::look_again() {
    const bool heard = std::exchange(rings_->heard, 0) > 0;
    if (rings_->looks || (!heard && rings_->to_server.sleep())) return;
    rings_->looks = true;
    asio::post(streams_->out.get_executor(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->take_turn(&Channel::on_look, false);
    });
}

// False once nobody listens any more.
bool Channel::handle_frames() {
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

// What is about the channel is its own affair.
bool Channel::handle(FrameReader::Frame& frame) {
    const auto& header = frame.header;
    if (header.type == FrameType::bell) return true;
    if (header.type == FrameType::stage && header.flags == kShares) return begin_sharing();
    return events_.frame(frame);
}

// In the order in which they were sent: what is of the pipe is here, so that what went before it by
// shared memory is there.
Result<bool> Channel::next_frame(FrameReader::Frame& frame) {
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

// Its process has mapped the memory, and uses it from now on. False: there is none, or it did
// before.
bool Channel::begin_sharing() {
    if (!shared_ || rings_) return false;
    rings_.emplace(
        Rings{.to_worker{*shared_, Way::to_worker}, .to_server{*shared_, Way::to_server}});
    return true;
}

bool Channel::is_news() {
    if (!rings_ || !rings_->heard_last) return true;
    const auto seen = rings_->to_server.seen();
    return std::exchange(rings_->told, seen) != seen;
}

void Channel::read_rest() {
    char block[65536];
    while (!silent_) {
        const auto n = ::read(streams_->out.native_handle(), block, sizeof block);
        if (n <= 0) break;
        reader_.feed({block, static_cast<std::size_t>(n)});
        if (!handle_frames()) return;
    }
    if (!silent_) hear_memory();
}

// All that fits there: who has ended says no more. False once nobody listens any more.
bool Channel::hear_memory() {
    if (!rings_) return true;
    for (auto turns = kRingBytes / kFrameHeaderBytes / kSharedPerTurn; turns > 0; --turns) {
        rings_->heard = 0;
        if (!handle_frames()) return false;
        if (rings_->heard == 0) break;
    }
    return true;
}

void Channel::on_end() {
    if (hear_memory()) fall_silent();
}

void Channel::fall_silent() {
    silent_ = true;
    const auto keep = shared_from_this();
    events_.silent();
}

}  // namespace mayfly::workers
