// The workers that are alive: starts them, carries calls to them, tells how they end.
//
// A worker that is asked for is, if there is one, a parked process of its language that is given
// the function's code; else it is forked. What starts by plain exec does so in a parked empty
// sandbox, or in a new one. Either way its process serves
// this one revision only, and ends with it.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/rng.hpp"
#include "io/turns.hpp"
#include "model/call.hpp"
#include "workers/launch_link.hpp"
#include "workers/park.hpp"
#include "workers/worker.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mayfly::workers {

// How a worker came to be, for people who ask. A moment that did not come, or that nobody told, is
// Time{}; the last two are the worker's own word.
struct Birth {
    Origin origin = Origin::executed;
    bool was_empty = false;  // of one that was executed: in a sandbox that had been parked
    Time ordered{};          // of the launcher
    Time order_came{};       // there
    Time cloned{};
    Time loading{};  // it is a worker now, and begins with its function's code
    Time loaded{};
};

// How a worker ended.
struct Ending {
    bool was_ready = false;      // it had begun to load its function
    bool out_of_memory = false;  // the kernel ended it at its memory limit
    std::int64_t memory_bytes_peak = 0;
    std::string log;   // printed and not yet taken
    std::string why;   // of one that was never ready, or was ended by the platform: what went
                       // wrong, for a human
    std::string code;  // and FC's word for it, if the worker itself said so
    Birth birth{};
};

// Loop thread only.
class Pool {
public:
    struct Options {
        std::string region = "local";
        std::uint32_t first_host_uid = 100'000;  // of workers: each its own while it lives
        bool zygotes = true;                     // false: every worker by plain exec
        Parking::Bounds parked{};                // of each language
    };
    // Called from the loop, never from inside start(), run() or stop().
    struct Events {
        std::function<void(WorkerId)> ready;        // it loads its function and takes calls
        std::function<void(WorkerId)> initialized;  // its initializer has ended well
        std::function<void(WorkerId, CallId, Answer)> answered;
        // The next of the parts of its answer; flags: PartFlag.
        std::function<void(WorkerId, CallId, std::uint8_t flags, std::string)> part;
        // It asks for more of the body of its request.
        std::function<void(WorkerId, CallId, std::uint32_t bytes)> credit;
        std::function<void(WorkerId)> drained;       // is_full() no more
        std::function<void(WorkerId)> silent;        // it will answer no more: stop it
        std::function<void(WorkerId, Ending)> gone;  // all it held is free again
    };

    Pool(boost::asio::io_context& loop, io::Timers& timers, io::Turns& turns, Rng& rng,
         const Log& log, LaunchLink& link, Options options);
    ~Pool();

    // Opens the link. unavailable: no sandbox can be made on this host.
    Result<void> open();

    // From now on these hear of workers, and nobody else. Set before the first start().
    void tell(Events events) { events_ = std::move(events); }

    // Of workers that have doors (has_door()): serves whoever connects to the listening socket as
    // long as the handle lives. Set before the first start().
    using Serve = std::function<std::shared_ptr<void>(sandbox::Door which, Fd listening)>;
    void serve_doors(Serve serve) { serve_ = std::move(serve); }

    // From now on workers of this language are parked; of the custom runtime, empty sandboxes for
    // all that starts by exec.
    void begin_parking(Language language);

    // From now on every worker of this language starts by plain exec.
    void give_up_zygotes(Language language);

    // Its gone event comes in any case, sooner or later.
    void start(WorkerId id, Route route);
    void stop(WorkerId id);

    // Stops the processes of a worker that is ready and idle, until its next call or hook.
    void freeze(WorkerId id) { worker_of(id).freeze(); }

    // Lets the kernel move its memory to swap, slowly and beside everything else. Of one that is
    // frozen; its next call brings back what it needs.
    void page_out(WorkerId id);

    // How it stands to the others from now on; a new one as usual.
    void stand(WorkerId id, Standing standing);

    // To a worker that is ready and not gone.
    void run(WorkerId id, CallId call, std::string_view request_id, std::string_view event,
             std::string_view about = {});

    // The same, one of its function's hooks: its answered event comes with this number.
    void run_hook(WorkerId id, CallId call, std::string_view request_id, Hook which) {
        worker_of(id).hook(call, request_id, which);
    }

    // See Worker: a reader has taken so many bytes of a call's parts, or there is none any more.
    void grant(WorkerId id, CallId call, std::uint32_t bytes) { worker_of(id).grant(call, bytes); }
    void leave_unread(WorkerId id, CallId call) { worker_of(id).leave_unread(call); }

    // See Worker: the next of the body of a call's request; and whether it is better not sent yet.
    void pass_on(WorkerId id, CallId call, std::uint8_t flags, std::string_view part) {
        worker_of(id).pass_on(call, flags, part);
    }
    bool is_full(WorkerId id) const { return worker_of(id).is_full(); }

    // See Worker::take_back.
    std::optional<CallId> take_back(WorkerId id, CallId first) {
        return worker_of(id).take_back(first);
    }

    // "c-{8 hex seconds}-{8 hex}-{12 hex}", FC's form. Of a worker not yet gone.
    const std::string& instance_id(WorkerId id) const;

    // For a call that is cut off: what its worker printed and nobody took yet, and the peak of its
    // memory so far (0 if unknown).
    std::string take_log(WorkerId id);
    std::int64_t memory_bytes_peak(WorkerId id) const;

    // See Worker::core_time.
    std::optional<CoreTime> core_time(WorkerId id) { return worker_of(id).core_time(); }

    // See Worker::core_use. Of one that is ready.
    std::optional<Micros> core_use(WorkerId id) const { return worker_of(id).core_use(); }

    // Of a worker not yet gone.
    const Birth& birth(WorkerId id) const;

    int parked(Language language) const { return park_.parked(language); }

    // What this host lacks to let functions reach the internet, with the remedy; empty if nothing.
    const std::string& no_internet() const { return no_internet_; }

private:
    // Known to the launcher by its number.
    struct Process {
        std::shared_ptr<Worker> worker;
        std::uint32_t host_uid = 0;
        std::optional<WorkerId> serves;  // none while it is parked
        Birth birth{};
        bool ready = false;     // it serves and loads its function, or is rehearsed
        bool started = false;   // the launcher knows it: it can be adopted
        bool empty = false;     // a parked sandbox in which no program runs yet
        std::string refusal{};  // its answer to no call: why it cannot start
        std::vector<std::shared_ptr<void>> doors{};
    };
    struct Member {
        std::string instance_id;
        std::uint64_t process = 0;
    };

    std::optional<std::uint64_t> parked_for(const FunctionSpec& spec);
    void adopt(WorkerId id, const Route& route, Member& member);
    void begin(WorkerId id, const Route& route, Member& member);
    std::uint64_t begin_parked(Language language);
    Result<std::uint64_t> make_process(sandbox::Spec spec, const CodeFolders& folders);
    void on_stage(std::uint64_t number, std::uint8_t flag, Time when);
    void on_answer(std::uint64_t number, CallId call, Answer answer);
    void on_part(std::uint64_t number, CallId call, std::uint8_t flags, std::string part);
    void on_credit(std::uint64_t number, CallId call, std::uint32_t bytes);
    void on_drained(std::uint64_t number);
    void on_report(const sandbox::Report& report, std::vector<Fd> doors);
    bool on_host_report(const sandbox::Report& report);
    void on_end(std::uint64_t number, const sandbox::Report& report);
    void on_lost();
    void finish(WorkerId id, Ending ending);
    void later(std::function<void()> job);
    Process& process_of(WorkerId id) { return processes_.at(members_.at(id).process); }
    Worker& worker_of(WorkerId id) const;
    bool forks(Language language) const;
    std::uint32_t take_uid();
    std::string new_instance_id();

    boost::asio::io_context& loop_;
    io::Timers& timers_;
    io::Turns& turns_;
    Rng& rng_;
    const Log& log_;
    LaunchLink& link_;
    Options options_;
    Events events_;
    Serve serve_;
    std::uint64_t last_process_ = 0;
    std::unordered_map<std::uint64_t, Process> processes_;
    std::unordered_map<WorkerId, Member> members_;
    std::set<Language> without_zygote_;
    std::string no_internet_;
    std::uint32_t uids_ = 0;  // ever used
    std::vector<std::uint32_t> free_uids_;
    Park park_;
};

}  // namespace mayfly::workers
