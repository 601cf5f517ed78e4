// A sandboxed process that runs one revision of one function, seen from the daemon.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "io/turns.hpp"
#include "model/call.hpp"
#include "model/ids.hpp"
#include "sandbox/messages.hpp"
#include "workers/call_log.hpp"
#include "workers/channel.hpp"
#include "workers/core_time.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace boost::asio {
class io_context;
}

namespace mayfly::workers {

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

    // See Channel.
    void belongs_to(std::uint64_t party) { channel_->belongs_to(party); }

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

    // See Channel.
    bool is_full() const { return channel_->is_full(); }
    std::optional<CallId> take_back(CallId first) { return channel_->take_back(first); }
    void read_rest() { channel_->read_rest(); }

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
    struct LogPipe;

    void send_credit(CallId id, std::uint8_t flags, std::uint32_t bytes);
    void thaw();
    bool write_freeze_file(char word) const;
    std::string log_of(CallId call);
    void wait_log();
    bool read_log();
    bool handle(FrameReader::Frame& frame);

    const Clock& clock_;
    Events events_;
    std::unique_ptr<LogPipe> log_pipe_;
    std::shared_ptr<Channel> channel_;
    CallLog log_;
    std::string memory_peak_path_, freeze_path_, core_use_path_;
    std::int32_t pid_ = 0;
    Fd core_time_file_;           // open while it is looked at
    std::int64_t last_peak_ = 0;  // bytes, as read at peak_read_
    Time peak_read_{}, peak_asked_{};
    bool frozen_ = false;
};

}  // namespace mayfly::workers
