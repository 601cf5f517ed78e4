// Private to scheduler.cpp: the state behind the rules of scheduler.hpp, and how it moves.
#pragma once

#include "sched/need.hpp"
#include "sched/scheduler.hpp"
#include "sched/usual_run.hpp"

#include <boost/intrusive/list.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace mayfly::sched {

namespace intrusive = boost::intrusive;
using Hook = intrusive::list_member_hook<intrusive::link_mode<intrusive::auto_unlink>>;

enum class State : std::uint8_t { starting, ready, stopping };

struct FunctionState;
struct TenantState;

// A call on a worker. What is known of it goes back in line with it if it is taken back.
struct RunningCall {
    CallId call;
    Time since;  // it runs, or was sent ahead
    Time arrived;
    Time deadline;
    std::uint64_t number;
    bool background;
};

struct Worker {
    WorkerId id;
    FunctionState* function;
    int memory_mb;
    int slots;  // calls it takes at once
    State state = State::starting;
    bool draining = false;  // takes no more calls and stops when its last one ends: rule (4)
    bool idle = false;      // ready, and nothing runs on it
    bool frozen = false;
    bool paged_out = false;
    bool provisioned = false;  // rule (10)
    bool served = false;       // a call of it has ended
    Time ordered{};
    Time ready_since{};
    Time idle_since{};
    std::vector<RunningCall> running{};
    int ahead = 0;          // the last so many were sent ahead and have not begun: rule (8)
    Hook free_hook{};       // on its function's list while it has room
    Hook idle_hook{};       // on the house's list while it idles and is not provisioned
    Hook tenant_hook{};     // the same, on its tenant's
    Hook keep_hook{};       // the same, with those that are kept as long
    Hook awake_hook{};      // the same, until it is frozen
    Hook resident_hook{};   // the same, from then until it is paged out
    Hook crew_hook{};       // on its function's list while a call may be sent ahead to it
    Hook provision_hook{};  // on one of its function's lists until it stops
    Hook start_hook{};      // on the house's list while its start counts: rule (2)

    bool has_room() const {
        return state == State::ready && !draining && static_cast<int>(running.size()) < slots;
    }
    bool takes_ahead(int ahead_max) const {
        return state == State::ready && !draining && slots == 1 && begun() == 1 &&
               ahead < ahead_max;
    }
    int begun() const { return static_cast<int>(running.size()) - ahead; }
};

struct Waiting {
    CallId call;
    FunctionState* function;
    Time arrived;
    Time deadline;
    std::uint64_t number;     // order of arrival
    bool background = false;  // rule (9)
    bool recallable = false;  // rule (8)
    bool patient = false;     // the same
    std::multimap<Time, std::list<Waiting>::iterator>::iterator due{};
};

template <Hook Worker::* hook>
using WorkerList = intrusive::list<Worker, intrusive::member_hook<Worker, Hook, hook>,
                                   intrusive::constant_time_size<false>>;

// Who of several that want a worker comes first: rule (4).
struct Claim {
    bool background;           // nobody waits for an answer
    std::int64_t share;        // of the house, or of the tenant, that it has
    std::uint64_t last_given;  // the number of the place it was given last
    std::uint64_t oldest;      // its oldest call's number
    auto operator<=>(const Claim&) const = default;
};

// Calls that wait, oldest first.
struct Line {
    std::list<Waiting> calls{};
    int patient = 0;  // of them, and always the newest
    int eager() const { return static_cast<int>(calls.size()) - patient; }
};

struct FunctionState {
    FunctionId id;
    Limits limits{};
    TenantState* tenant = nullptr;
    bool retired = false;
    int workers = 0;                // StartWorker said, WorkerGone not yet heard
    int placed = 0;                 // places reserved, StartWorker not yet said: rule (3)
    std::int64_t committed_mb = 0;  // of workers placed, starting or ready
    std::uint64_t last_given = 0;
    int coming = 0;               // calls that placed and starting workers will take
    int unproven = 0;             // workers that start or are ready, and no call of them has ended
    std::array<Line, 2> lines{};  // whose callers wait; of the background: rule (9)
    int running = 0;              // calls
    UsualRun usual_run{};
    UsualStart usual_start{};
    Time moved{};                           // a call ended, or the first of those that run began
    std::optional<Time> look_again{};       // a call counts on a busy worker until then: rule (2)
    WorkerList<&Worker::free_hook> free{};  // most recently used first
    WorkerList<&Worker::crew_hook> crew{};  // longest busy first
    std::optional<Claim> claim{};           // its key among its tenant's hungry ones
    std::optional<Time> quiet_since{};      // nothing of it runs or waits, and something did
    Micros usual_pause = Micros::max();     // between such a moment and the next call; an average
    Hook asleep_hook{};                     // on the house's list while it has no worker

    // Rule (10).
    int target = 0;               // workers that are to be provisioned
    bool awake = false;           // and not frozen
    int provisioned = 0;          // workers that are
    int provision_placed = 0;     // and places for them
    int failures = 0;             // in a row, of provisioned workers
    Time retry_at = Time::min();  // not before: the last one failed
    std::optional<Time> lacking_since{};
    WorkerList<&Worker::provision_hook> kept{};    // provisioned
    WorkerList<&Worker::provision_hook> others{};  // nor stopping

    bool lacks_provision() const { return provisioned + provision_placed < target; }
    bool is_waited_for() const { return !lines[0].calls.empty() || !lines[1].calls.empty(); }
    std::size_t waiting() const { return lines[0].calls.size() + lines[1].calls.size(); }
    // The next to run; there is one.
    std::list<Waiting>::iterator front() {
        return (lines[0].calls.empty() ? lines[1] : lines[0]).calls.begin();
    }
    int patient() const { return lines[0].patient + lines[1].patient; }
    // Waiting calls that may have a worker of their own.
    int eager() const { return lines[0].eager() + lines[1].eager(); }
    void paused(Micros pause) {
        usual_pause = usual_pause == Micros::max() ? pause : (usual_pause * 3 + pause) / 4;
    }
    bool may_have_more() const {
        return workers + placed - provisioned - provision_placed < limits.workers_max;
    }
};

struct TenantState {
    TenantId id;
    int weight = 1;
    int workers_max = 1;
    int functions = 0;  // known of it
    int workers = 0;    // StartWorker said, WorkerGone not yet heard
    int placed = 0;
    std::int64_t committed = 0, committed_mb = 0;  // workers placed, starting or ready
    int waiting = 0;                               // calls
    std::uint64_t last_given = 0;
    std::map<Claim, FunctionState*> hungry{};
    std::optional<Claim> claim{};  // its key among the house's hungry ones
    WorkerList<&Worker::tenant_hook> idle{};

    bool has_room() const { return workers + placed < workers_max; }
};

class Scheduler::House {
public:
    explicit House(Options options);

    void on(const Fact& fact, Time now, std::vector<Order>& out);
    Time next_tick() const;
    Counts counts() const { return counts_; }
    Hold hold(FunctionId function) const;
    int workers(FunctionId function) const;
    bool remembers(FunctionId function) const { return functions_.contains(function); }
    int provisionable(FunctionId function, int memory_mb) const;
    Use use(FunctionId function) const;
    bool is_crowded(FunctionId function) const;

private:
    struct Place {
        FunctionState* function;
        int memory_mb;
        int slots;
        bool provisioned;
    };

    void take(const CallArrived& fact);
    void take(const ProvisionSet& fact);
    void take(const CallTakenBack& fact);
    void take(const CallWithdrawn& fact);
    void take(const WorkerReady& fact);
    void take(const CallEnded& fact);
    void take(const WorkerDoomed& fact);
    void take(const WorkerGone& fact);
    void take(const FunctionRetired& fact);
    void take(const MemoryShort&);
    void take(const CoresBusy& fact);
    void take(const Tick&) {}

    Worker* find(WorkerId id);
    FunctionState& function(FunctionId id, const Limits& limits, const Tenant& tenant);

    void run(Worker& worker, const Waiting& call, Start start);
    void send_ahead(Worker& worker, const Waiting& call);
    bool is_surplus(const Worker& worker) const;
    void join_crew(Worker& worker);
    const RunningCall& oldest_ahead() const;
    void put_in_line(FunctionState& f, Waiting call);
    void feed(Worker& worker, Start start);
    void rest(Worker& worker);
    void stop(Worker& worker);
    void write_off(Worker& worker);
    void leave_idle_lists(Worker& worker);

    void refuse(CallId call, Why why, Hold hold) { out_->push_back(Refuse{call, why, hold}); }
    Waiting take_off_line(std::list<Waiting>::iterator call);
    void refuse_late();
    void cool();
    void freeze();
    void page_out();
    void wait_for_page_out(Worker& worker);
    void forget_sleepers();

    // Growing (growing.cpp): rules (2) to (4).
    int need(const FunctionState& f, int coming) const;
    Micros worth(const FunctionState& f) const {
        return sched::worth(f.usual_start.time(), options_.linger);
    }
    int overdue(const FunctionState& f) const;
    bool is_starved(const FunctionState& f) const;
    void plan_look(FunctionState& f);
    void look_again();
    bool may_start_more() const;
    void end_brief_starts();
    void leave_starts(Worker& worker);
    std::int64_t share(std::int64_t workers, std::int64_t memory_mb, int weight) const;
    void commit(FunctionState& f, int sign, int memory_mb);
    void refresh(TenantState& tenant);
    FunctionState* first_beside(const Worker& worker) const;
    bool must_give_way(const Worker& worker) const;
    bool is_fairer(const Worker& worker, const FunctionState& next, bool at_once) const;
    void reconsider(FunctionState& f);
    bool is_patient(const FunctionState& f) const;
    void end_patience();
    void reserve_places();
    void reserve_those_that_fit();
    void make_room_within(TenantState& tenant);
    bool make_room(const FunctionState& f);
    void reserve(FunctionState& f, bool provisioned);
    bool start_placed();
    bool is_wanted(const Place& place) const;
    const Worker& start(const Place& place);
    void give_back(const Place& place);
    bool fits(std::int64_t workers, std::int64_t memory_mb, int wanted_mb) const;
    void forget_if_empty(FunctionState& f);
    void forget(FunctionState& f);
    Hold hold(const FunctionState& f) const;

    // Provision (provision.cpp): rule (10).
    void leave_awake(Worker& worker, bool awake);
    void mark(Worker& worker);
    void unmark(Worker& worker);
    void drop_mark(Worker& worker);
    void note_lack(FunctionState& f);
    void provision_failed(FunctionState& f);
    bool reserve_provision();

    Options options_;
    Time now_{};
    std::vector<Order>* out_ = nullptr;  // where orders go while on() runs
    std::uint64_t next_worker_ = 1;
    std::uint64_t next_number_ = 1;
    std::uint64_t next_given_ = 1;
    Counts counts_;
    int draining_ = 0;               // ready workers that give way once their last call ends
    std::int64_t committed_ = 0;     // workers placed, starting or ready; stopping ones are not
    std::int64_t committed_mb_ = 0;  // and their memory

    // Looked up, never walked: their order is chance.
    std::unordered_map<FunctionId, FunctionState> functions_;
    std::unordered_map<WorkerId, Worker> workers_;
    std::unordered_map<TenantId, TenantState> tenants_;

    std::multimap<Time, std::list<Waiting>::iterator> deadlines_;
    std::map<std::uint64_t, std::list<Waiting>::iterator> patient_;  // by number, so by age
    std::map<std::uint64_t, Worker*> ahead_;                         // the same
    WorkerList<&Worker::idle_hook> idle_;                            // longest idle first
    KeepSteps keep_steps_;
    std::array<WorkerList<&Worker::keep_hook>, kKeepSteps> kept_;  // the idle ones, by their step
    WorkerList<&Worker::awake_hook> awake_;                        // those not frozen
    WorkerList<&Worker::resident_hook> resident_;                  // those frozen, not paged out
    intrusive::list<FunctionState,
                    intrusive::member_hook<FunctionState, Hook, &FunctionState::asleep_hook>,
                    intrusive::constant_time_size<false>>
        asleep_;  // functions remembered for their usual pause only, longest first
    std::map<Claim, TenantState*> hungry_;          // those that may have more workers
    std::map<TenantId, TenantState*> capped_;       // those that want more, and have all they may
    std::map<FunctionId, FunctionState*> lacking_;  // functions that lack provisioned workers
    std::deque<Place> placed_;                      // first come, first started
    std::map<std::pair<Time, FunctionId>, FunctionState*> looks_;  // by FunctionState::look_again
    WorkerList<&Worker::start_hook> starts_;                       // the oldest first
    std::map<FunctionId, FunctionState*>
        short_of_;  // functions with calls that nothing is coming for
    bool cores_busy_ = false;
    int brief_starts_ = 0;  // on it
};

}  // namespace mayfly::sched
