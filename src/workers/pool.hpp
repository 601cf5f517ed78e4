// The workers that are alive: starts them, carries calls to them, tells how they end.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/rng.hpp"
#include "model/call.hpp"
#include "workers/launch_link.hpp"
#include "workers/worker.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mayfly::workers {

// How a worker ended.
struct Ending {
    bool was_ready = false;      // it had begun to load its function
    bool out_of_memory = false;  // the kernel ended it at its memory limit
    std::int64_t memory_bytes_peak = 0;
    std::string log;   // printed and not yet taken
    std::string why;   // of one that was never ready: what went wrong, for a human
    std::string code;  // and FC's word for it, if the worker itself said so
};

// Loop thread only.
class Pool {
public:
    struct Options {
        std::string region = "local";
        std::uint32_t first_host_uid = 100'000;  // of the first account; each further one the next
        bool zygotes = true;                     // false: every worker by plain exec
    };
    // Called from the loop, never from inside start(), run() or stop().
    struct Events {
        std::function<void(WorkerId)> ready;        // it loads its function and takes calls
        std::function<void(WorkerId)> initialized;  // its initializer has ended well
        std::function<void(WorkerId, CallId, Answer)> answered;
        std::function<void(WorkerId)> silent;        // it will answer no more: stop it
        std::function<void(WorkerId, Ending)> gone;  // all it held is free again
    };

    Pool(boost::asio::io_context& loop, const Clock& clock, Rng& rng, const Log& log,
         LaunchLink& link, Options options);
    ~Pool();

    // Opens the link. unavailable: no sandbox can be made on this host.
    Result<void> open();

    // From now on these hear of workers, and nobody else. Set before the first start().
    void tell(Events events) { events_ = std::move(events); }

    // From now on every worker of this language starts by plain exec.
    void give_up_zygotes(Language language) { without_zygote_.insert(language); }

    // Its gone event comes in any case, sooner or later.
    void start(WorkerId id, Route route);
    void stop(WorkerId id);

    // To a worker that is ready and not gone.
    void run(WorkerId id, CallId call, std::string_view request_id, std::string_view event);

    // Takes back a call that was sent and has not begun. False if it may have begun.
    bool take_back(WorkerId id, CallId call) { return members_.at(id).worker->take_back(call); }

    // "c-{8 hex seconds}-{8 hex}-{12 hex}", FC's form. Of a worker not yet gone.
    const std::string& instance_id(WorkerId id) const;

    // For a call that is cut off: what its worker printed and nobody took yet, and the peak of its
    // memory so far (0 if unknown).
    std::string take_log(WorkerId id);
    std::int64_t memory_bytes_peak(WorkerId id) const;

private:
    struct Member {
        std::shared_ptr<Worker> worker;
        std::string instance_id;
        bool ready = false;
        std::string refusal;  // its answer to no call: why it cannot start
    };

    void begin(WorkerId id, const Route& route, Member& member);
    void on_answer(WorkerId id, CallId call, Answer answer);
    void on_report(const sandbox::Report& report, Fd peak);
    void on_lost();
    void finish(WorkerId id, Ending ending);
    std::uint32_t host_uid(const AccountId& account);
    std::string new_instance_id();

    boost::asio::io_context& loop_;
    const Clock& clock_;
    Rng& rng_;
    const Log& log_;
    LaunchLink& link_;
    Options options_;
    Events events_;
    std::unordered_map<WorkerId, Member> members_;
    std::unordered_map<AccountId, std::uint32_t> uids_;
    std::set<Language> without_zygote_;
};

}  // namespace mayfly::workers
