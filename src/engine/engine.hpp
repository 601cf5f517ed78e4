// The walk of one call: route → admit → run → count. Facts go to the scheduler, its orders are
// carried out here, and whatever becomes of a call its caller is told once.
#pragma once

#include "base/log.hpp"
#include "base/rng.hpp"
#include "catalog/catalog.hpp"
#include "engine/deadlines.hpp"
#include "engine/hooks.hpp"
#include "engine/invoke.hpp"
#include "engine/supply.hpp"
#include "io/timers.hpp"
#include "meter/ledger.hpp"
#include "sched/core_shares.hpp"
#include "sched/scheduler.hpp"
#include "traces/call_span.hpp"
#include "workers/log_book.hpp"
#include "workers/pool.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mayfly::engine {

// Loop thread only. Every part handed over outlives it.
class Engine final : public Invoker, public Supply {
public:
    struct Options {
        sched::Options scheduler;
        int workers_max_per_function = 300;  // FC's default limit of instances
        Seconds wait_max{60};                // for a worker, before the call is refused
        Seconds start_limit{20};             // for a new worker's process to come up
        std::size_t log_tail_bytes = 4096;   // FC's X-Fc-Log-Result
    };

    Engine(catalog::Catalog& catalog, workers::Pool& pool, workers::LogBook& log_book,
           meter::Ledger& ledger, io::Timers& timers, Rng& rng, const Log& log, Options options);
    ~Engine() override;

    // Begins to hear of workers. Once, before the first call.
    void open();

    Task<Result<Reply>> invoke(Call call) override;
    std::size_t sync_waiting() const override;
    bool stop_call(const std::string& request_id) override;

    // What its accounts may use; of one that was never set, and of what is left 0 here: a weight
    // of 1 and all that the machine gives.
    struct Allowance {
        int weight = 1;
        int workers_max = 0;
        std::int64_t budget_gb_seconds = 0;  // in a calendar month; 0: none
    };
    void allow(const AccountId& account, Allowance allowance);

    // What context.credentials of a function of a service with a role holds: a JSON object as
    // runtimes/PROTOCOL.md says, good until `good_until` at least. Asked anew when half of its time
    // is over, and for each call that an event caused or that is traced, for they name the event
    // and the span (null: none). Before it is set there are none.
    using Credentials =
        std::function<std::string(const Revision&, WallTime good_until,
                                  const std::optional<CausedBy>&, const TraceContext* span)>;
    void set_credentials(Credentials make) { make_credentials_ = std::move(make); }

    // Where the spans of calls go: of those whose callers' traces are recorded, and of `share` of
    // the others, 0 to 1. Before it is set a call has a span only if its caller names one.
    using Recorder = std::function<void(traces::CallSpan)>;
    void record_spans(Recorder record, double share) {
        record_span_ = std::move(record);
        span_share_ = share;
    }

    // How many workers the function may have and keeps (catalog/scalings.hpp). It heeds it for
    // every revision to come, too.
    void scale(const catalog::ScalingKey& key, const Scaling& scaling);

    // A new revision takes calls from now on.
    void published(const Route& route);

    // What follows use or the hour is looked at again. Every few seconds.
    void provision_again();

    int provisionable(const Route& route) const override;
    Supply::State supply_of(FunctionId function) const override;

    // A newer revision took the place of this one: its workers end when they are idle.
    void retire(FunctionId function);

    // The server is about to end: workers that have a preStop run it, each once it is idle.
    void close();

    // The machine has little left: some idle workers end.
    void memory_is_short() { tell(sched::MemoryShort{}); }

    // Whether its cores, or this loop, have nothing left to give.
    void cores_are_busy(bool busy) {
        if (std::exchange(cores_busy_, busy) != busy) tell(sched::CoresBusy{busy});
    }

    // Looks what the workers of each account had of the cores; those of an account that has more
    // than its share give way to the others (sched/core_shares.hpp). To be called ten times a
    // second. `busy`: the machine has nothing to spare.
    void share_cores(bool busy);

    sched::Counts counts() const { return scheduler_.counts(); }

    // Calls refused because something was full or late, since the start, by the reason.
    const std::map<std::string_view, std::int64_t>& throttles() const { return throttles_; }

    // Calls whose callers have not been told yet.
    std::size_t open_calls() const { return calls_.size(); }

    // Whether a call came since it was asked last, or is open.
    bool had_calls() {
        const bool came = std::exchange(looked_at_call_, next_call_) != next_call_;
        return came || !calls_.empty();
    }

    // Lifecycle hooks that run now.
    std::size_t open_hooks() const;

private:
    struct OpenCall;
    struct Streamed;
    struct OpenHook {
        CallId call;
        std::string request_id;
        WallTime started;
        Time begun;
    };
    struct BusyWorker {
        Route route;
        TenantId tenant{};
        bool initialized = false;  // or has no initializer
        Time loading_since{};
        std::vector<CallId> calls;
        std::deque<CallId> ahead{};  // sent, each begins when the one before it ends
        bool doomed = false;
        bool worked = false;                           // since share_cores() looked
        Standing standing = Standing::usual;           // to workers of other accounts
        std::optional<Micros> core_use{};              // as share_cores() saw it last
        std::optional<workers::CoreTime> core_time{};  // when a call of it ended last, if crowded
        Hooks hooks{};
        OpenHook open_hook{};  // while hooks.running()
    };

    void tell(const sched::Fact& fact);
    sched::Limits limits_of(const Revision& revision) const;
    sched::Tenant tenant_of(const AccountId& account);
    void add_credentials(const Revision& revision, const std::optional<CausedBy>& cause,
                         const TraceContext* span, std::string& about);
    void begin_trace(Call& call, OpenCall& open);
    void record_trace(const OpenCall& open, const Reply& reply);
    Result<void> check_budget(const AccountId& account);
    void provision(const Route& route, const Scaling& scaling);
    sched::CoreUses core_uses();
    void carry_out(const sched::StartWorker& order);
    void carry_out(const sched::StopWorker& order);
    void carry_out(const sched::FreezeWorker& order);
    void carry_out(const sched::PageOutWorker& order) { pool_.page_out(order.worker); }
    void carry_out(const sched::RunCall& order);
    void carry_out(const sched::TakeBack& order);
    void carry_out(const sched::Refuse& order);

    void on_ready(WorkerId worker);
    void on_initialized(WorkerId worker);
    void on_answered(WorkerId worker, CallId call, workers::Answer answer);
    void on_part(WorkerId worker, CallId call, std::uint8_t flags, std::string part);
    void on_credit(WorkerId worker, CallId call, std::uint32_t bytes);
    void on_drained(WorkerId worker);
    void on_hook_answered(WorkerId worker, workers::Answer answer);
    void on_hook_late(WorkerId worker);
    sched::CallEnded ended(WorkerId id, CallId call, BusyWorker& worker, Micros took);
    void on_silent(WorkerId worker);
    void on_gone(WorkerId worker, workers::Ending ending);
    void on_deadline(Deadlines::Key key);
    void on_call_late(CallId call);
    void on_caller_gone(CallId call);
    void begin_body(CallId call, const OpenCall& open, BusyWorker& worker);
    void begin_parts(CallId call, OpenCall& open, BusyWorker& worker, HttpHead head,
                     std::string_view first);
    Task<> settle_bill();
    void end_parts(const OpenCall& open, workers::Answer& answer, Reply& reply) const;
    void send_what_waited(BusyWorker& worker);
    void break_off(CallId call, const OpenCall& open, std::string why);
    void leave_unread(CallId call, OpenCall& open);
    void cut_off(CallId call, const OpenCall& open, Reply reply);
    bool cut_off_if_alone(CallId call, const OpenCall& open, Outcome outcome);

    void follow(WorkerId worker, Hooks::Step step);
    void begin_hook(WorkerId worker);
    void finish_hook(const BusyWorker& worker, Outcome outcome, std::string printed,
                     const std::string& failure, std::int64_t memory_bytes_peak);
    void begin(CallId call, BusyWorker& worker, Time when);
    bool take_back(WorkerId id, BusyWorker& worker);
    void doom(WorkerId worker);
    void set_deadline(CallId call, const OpenCall& open, const BusyWorker& worker);
    void add_what_is_known(Reply& reply, const OpenCall& open, const workers::Birth* birth) const;
    void finish(CallId call, Reply reply, std::string printed, const workers::Birth* birth);
    const workers::Birth* birth_of(const OpenCall& open) const;
    Error refusal(const sched::Refuse& order, const OpenCall& call) const;

    catalog::Catalog& catalog_;
    workers::Pool& pool_;
    workers::LogBook& log_book_;
    meter::Ledger& ledger_;
    io::Timers& timers_;
    Rng& rng_;
    const Log& log_;
    Options options_;
    sched::Scheduler scheduler_;
    Deadlines deadlines_;
    std::unique_ptr<io::Alarm> tick_;
    Time tick_set_ = Time::max();
    std::uint64_t next_call_ = 1, looked_at_call_ = 1;
    std::unordered_map<CallId, OpenCall*> calls_;  // each lives in the frame of its invoke()
    std::unordered_map<CallId, std::unique_ptr<Streamed>> streamed_;  // whose callers have the head
    std::unordered_map<WorkerId, BusyWorker> workers_;
    std::unordered_map<FunctionId, std::weak_ptr<const Revision>>
        routes_;                                            // a waiting call keeps its own
    std::unordered_map<FunctionId, Error> start_failures_;  // the newest reason
    std::unordered_map<AccountId, sched::Tenant> tenants_;
    std::map<std::string_view, std::int64_t> throttles_;
    std::unordered_map<AccountId, std::int64_t> budgets_;  // GB-seconds a month
    std::uint64_t last_tenant_ = 0;
    Credentials make_credentials_;
    Recorder record_span_;
    double span_share_ = 0;
    struct Given {
        std::string json;
        WallTime renewed_at;
    };
    std::unordered_map<FunctionId, Given> credentials_;
    std::map<catalog::ScalingKey, Scaling> scalings_;
    struct Scaled {
        Route route;
        Scaling scaling;
        int target = 0;  // told to the scheduler
    };
    std::unordered_map<FunctionId, Scaled> scaled_;  // the newest revisions of those
    std::deque<sched::Fact> facts_;                  // heard while orders are carried out
    bool telling_ = false;
    bool cores_busy_ = false;
    sched::CoreShares core_shares_;
};

}  // namespace mayfly::engine
