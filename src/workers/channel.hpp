// Frames to and from one worker's process, and which calls are on their way there: by two pipes
// and, once it shares memory, by that (ring.hpp), in one order.
#pragma once

#include "base/fd.hpp"
#include "io/turns.hpp"
#include "model/ids.hpp"
#include "workers/ring.hpp"
#include "workers/wire.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace mayfly::workers {

// An event of this size, with the JSON about its call, fits with its frame into one packet of a
// pipe.
inline constexpr std::size_t kRecallableBytes = 3072;

// Owned by Worker; loop thread only.
class Channel : public std::enable_shared_from_this<Channel> {
public:
    struct Events {
        // False: it is none that a worker may send; the channel falls silent.
        std::function<bool(FrameReader::Frame&)> frame;
        std::function<void()> drained;  // what waits for the pipe is little again: is_full()
        std::function<void()>
            silent;  // the pipe ended, or it broke the protocol: nothing will come
    };

    // A call that was sent and is not answered.
    struct Sent {
        CallId call;
        std::string request_id;
        std::size_t frame_bytes;
        bool passed = false;                   // by a credit or a part: it stays
        std::optional<std::uint32_t> begin{};  // in the ring, if it went by that
    };

    // `in`, `out`: our ends of the pipes, named as the worker sees them. `shared`: memory that it
    // may share with us.
    Channel(boost::asio::io_context& loop, io::Turns& turns, Fd in, Fd out,
            std::optional<RingMemory> shared, Events events);
    ~Channel();

    // Whose turn it is when it has said something (io/turns.hpp).
    void belongs_to(std::uint64_t party) { party_ = party; }

    void listen();  // begins to read; once

    // Sends a frame that is no call: `header.length` is set here.
    void send(FrameHeader header, std::string_view payload);

    // The same, one that belongs to a call under way: no call sent before it can be had back then.
    void send_past_calls(FrameHeader header, std::string_view payload);

    // Sends a call or a hook. The request id has at most 255 bytes; `about` is JSON, or empty.
    void send_call(FrameHeader header, std::string_view request_id, std::string_view about,
                   std::string_view event);

    // Has a call back that nobody has read: `first`, or one sent after it. From the pipe only
    // frames of up to kRecallableBytes of event and JSON can be had back. None if all have been
    // read, or if one sent before `first` has not.
    std::optional<CallId> take_back(CallId first);

    // In the order in which they were sent.
    const std::deque<Sent>& sent() const { return sent_; }
    void answered(CallId call);

    // Whether much waits for the pipe, as of a worker that does not read.
    bool is_full() const { return unsent_.size() >= kCreditBytes; }

    bool is_silent() const { return silent_; }
    void leave() { silent_ = true; }  // its owner goes: nothing is said any more

    // True once for frames that were in memory together: what its process did before it sent the
    // first is done before the last of them, too.
    bool is_news();

    // Hears what was said before the process ended.
    void read_rest();

private:
    struct Streams;
    // Of one that has begun to use them.
    struct Rings {
        RingWriter to_worker;
        RingReader to_server;
        int heard = 0;            // frames, this turn
        bool heard_last = false;  // the last frame came by it
        bool looks = false;       // again, in the loop's next round
        std::uint32_t told = 0;   // is_news() was asked when its writer was there
    };

    std::optional<std::uint32_t> write(std::string_view head, std::string_view a,
                                       std::string_view b = {});
    void ring_bell();
    void keep_frames_apart(bool apart);
    void flush();
    std::optional<CallId> take_back_packet(CallId first);
    std::optional<CallId> take_back_unsent(CallId first);
    std::optional<CallId> take_back_shared(CallId first);
    void wait_readable();
    void take_turn(void (Channel::*work)(bool), bool more);
    void on_bytes(bool more);
    void on_look(bool);
    void look_again();
    bool handle_frames();
    bool handle(FrameReader::Frame& frame);
    bool begin_sharing();
    bool hear_memory();
    void on_end();
    Result<bool> next_frame(FrameReader::Frame& frame);
    void fall_silent();

    io::Turns& turns_;
    std::uint64_t party_ = io::nobody;
    std::unique_ptr<Streams> streams_;
    Events events_;
    FrameReader reader_;
    std::optional<RingMemory> shared_;
    std::optional<Rings> rings_;
    std::uint32_t pipe_sent_ = 0, pipe_heard_ = 0;  // frames by the pipes, bells aside
    std::string unsent_;
    std::deque<Sent> sent_;
    bool apart_ = false, writing_ = false, silent_ = false;
};

}  // namespace mayfly::workers
