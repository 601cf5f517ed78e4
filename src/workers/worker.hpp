// A sandboxed process that runs one revision of one function, seen from the daemon.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "io/turns.hpp"
#include "model/call.hpp"
#include "model/ids.hpp"
#include "sandbox/messages.hpp"
#include "workers/call_log.hpp"
#include "workers/core_time.hpp"
#include "workers/ring.hpp"
#include "workers/wire.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace boost::asio {
class io_context;
}

namespace mayfly::workers {

// An event of this size, with the JSON about its call, fits with its frame into one packet of a
// pipe.
inline constexpr std::size_t kRecallableBytes = 3072;

// What came back for one call.
struct Answer {
    std::uint8_t flags = 0;  // AnswerFlag
    std::string body;
    std::string log;  // printed since the call before ended
    std::int64_t memory_bytes_peak = 0;
};

// Owned by Pool; loop thread only. It neither starts nor kills the process: the launcher does.
// Nothing is said through its events after it is destroyed.
class Worker : public std::enable_shared_from_this<Worker> {
public:
    struct Events {
        // StageFlag; when the worker says it was, if it says so, and never later than now.
        std::function<void(std::uint8_t flag, Time when)> stage;
        std::function<void(CallId, Answer)> answer;
        std::function<void(CallId, std::uint8_t flags, std::string)> part;  // PartFlag
        std::function<void(CallId, std::uint32_t bytes)> credit;  // asks for more of a body
        std::function<void()> drained;  // what waits for its pipe is little again: is_full()
        std::function<void()>
            silent;  // its pipe ended or it broke the protocol: no answer will come
    };

    // `pipes`: our ends, by sandbox::WorkerEnd. `shared`: memory that it may share with us.
    Worker(boost::asio::io_context& loop, const Clock& clock, io::Turns& turns,
           std::array<Fd, sandbox::kEnds> pipes, std::optional<RingMemory> shared, Events events);
    ~Worker();

    // Whose turn it is when it has said something (io/turns.hpp).
    void belongs_to(std::uint64_t party) { party_ = party; }

    void listen();  // begins to read; once

    void set_up(std::string_view setup_json);

    // Sends a call. The request id has at most 255 bytes; `about` is the frame's JSON, or empty.
    void call(CallId id, std::string_view request_id, std::string_view event,
              std::string_view about = {});

    // Has it run one of its function's hooks; the answer comes as that of a call.
    void hook(CallId id, std::string_view request_id, Hook which);

    // Says that a reader has taken so many bytes of the parts of a call's answer, or that nobody
    // reads them any more. What was sent before it cannot be had back.
    void grant(CallId id, std::uint32_t bytes);
    void leave_unread(CallId id);

    // Sends a part of the body of a call's request; flags: BodyFlag.
    void pass_on(CallId id, std::uint8_t flags, std::string_view part);

    // Whether much waits for its pipe, as of a worker that does not read.
    bool is_full() const { return unsent_.size() >= kCreditBytes; }

    // Has a call back that nobody has read: `first`, or one sent after it. Only frames of up to
    // kRecallableBytes of event and JSON can be had back from the pipe. None if all have been read,
    // or if one sent before `first` has not.
    std::optional<CallId> take_back(CallId first);

    // Hears what it said before it ended.
    void read_rest();

    // Files of its control group. They are opened when needed: thousands of workers must not hold
    // them.
    void set_group(const sandbox::GroupFiles& files);

    // Where its process is found in /proc; 0: nowhere.
    void set_pid(std::int32_t pid) { pid_ = pid; }

    // What its process had of the cores up to now; nothing where the host does not say.
    std::optional<CoreTime> core_time();

    // What all its processes and their threads had of the cores up to now; nothing where the host
    // does not say.
    std::optional<Micros> core_use() const;

    // Stops its processes until the next call or hook is sent; nothing where the host cannot.
    void freeze();

    // The peak of its memory use, 0 if unknown: as of now, or, if it was asked for less than 10 ms
    // ago, as of at most 100 ms ago.
    std::int64_t memory_bytes_peak();

    // All it printed and nobody took yet.
    std::string take_log();

private:
    struct Streams;
    struct Sent {
        CallId call;
        std::string request_id;
        std::size_t frame_bytes;
        bool passed = false;                   // by a credit or a part: it stays
        std::optional<std::uint32_t> begin{};  // in the ring, if it went by that
    };
    // Of one that has begun to use it.
    struct Rings {
        RingWriter to_worker;
        RingReader to_server;
        int heard = 0;             // frames, this turn
        bool heard_last = false;   // the last frame came by it
        bool looks = false;        // again, in the loop's next round
        std::uint32_t logged = 0;  // the log was read when its writer was there
    };

    void send_credit(CallId id, std::uint8_t flags, std::uint32_t bytes);
    void send_past_calls(FrameHeader header, std::string_view payload);
    void send_call(FrameHeader header, std::string_view request_id, std::string_view about,
                   std::string_view event);
    std::optional<std::uint32_t> send(std::string_view head, std::string_view a,
                                      std::string_view b = {});
    std::optional<std::uint32_t> share(std::string_view head, std::string_view a,
                                       std::string_view b);
    void ring_bell();
    void keep_frames_apart(bool apart);
    std::optional<CallId> take_back_unsent(CallId first);
    std::optional<CallId> take_back_shared(CallId first);
    void thaw();
    bool write_freeze_file(char word) const;
    std::string log_of(CallId call);
    void flush();
    void wait_readable();
    void take_turn(void (Worker::*work)(bool), bool more);
    void wait_log();
    void on_bytes(bool more);
    void on_look(bool more);
    void look_again();
    bool read_log();
    void read_log_before();
    bool handle_frames();
    Result<bool> next_frame(FrameReader::Frame& frame);
    bool handle(FrameReader::Frame& frame);
    bool begin_sharing();
    void fall_silent();

    const Clock& clock_;
    io::Turns& turns_;
    std::uint64_t party_ = io::nobody;
    std::unique_ptr<Streams> streams_;
    Events events_;
    FrameReader reader_;
    std::optional<RingMemory> shared_;
    std::optional<Rings> rings_;
    std::uint32_t pipe_sent_ = 0, pipe_heard_ = 0;  // frames by the pipes
    CallLog log_;
    std::string memory_peak_path_, freeze_path_, core_use_path_;
    std::int32_t pid_ = 0;
    Fd core_time_file_;           // open while it is looked at
    std::int64_t last_peak_ = 0;  // bytes, as read at peak_read_
    Time peak_read_{}, peak_asked_{};
    std::string unsent_;
    std::deque<Sent> sent_;  // and not answered
    bool apart_ = false, writing_ = false, silent_ = false, frozen_ = false;
};

}  // namespace mayfly::workers
