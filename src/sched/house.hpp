// Private to scheduler.cpp: the state behind the rules of scheduler.hpp, and how it moves.
#pragma once

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

// A call on a worker. What is known of it goes back in line with it if it is taken back.
struct RunningCall {
    CallId call;
    Time since;  // it runs, or was sent ahead
    Time arrived;
    Time deadline;
    std::uint64_t number;
};

struct Worker {
    WorkerId id;
    FunctionState* function;
    int memory_mb;
    int slots;  // calls it takes at once
    State state = State::starting;
    bool draining = false;  // takes no more calls and stops when its last one ends: rule (4)
    Time ready_since{};
    Time idle_since{};
    std::vector<RunningCall> running{};
    int ahead = 0;      // the last so many were sent ahead and have not begun: rule (8)
    Hook free_hook{};   // on its function's list while it has room
    Hook idle_hook{};   // on the house's list while nothing runs on it
    Hook keep_hook{};   // the same, with those that are kept as long
    Hook awake_hook{};  // the same, until it is frozen
    Hook crew_hook{};   // on its function's list while a call may be sent ahead to it

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
    bool recallable = false;  // rule (8)
    bool patient = false;     // the same
    std::multimap<Time, std::list<Waiting>::iterator>::iterator due{};
};

template <Hook Worker::* hook>
using WorkerList = intrusive::list<Worker, intrusive::member_hook<Worker, Hook, hook>,
                                   intrusive::constant_time_size<false>>;

struct FunctionState {
    FunctionId id;
    Limits limits;
    bool retired = false;
    int workers = 0;               // StartWorker said, WorkerGone not yet heard
    int placed = 0;                // places reserved, StartWorker not yet said: rule (3)
    int coming = 0;                // calls that placed and starting workers will take
    std::list<Waiting> waiting{};  // oldest first
    int patient = 0;               // of them, and always the newest
    int running = 0;               // calls
    UsualRun usual_run{};
    WorkerList<&Worker::free_hook> free{};  // most recently used first
    WorkerList<&Worker::crew_hook> crew{};  // longest busy first
    std::uint64_t hungry_as = 0;            // its key in House::hungry_; 0 if it is not there
    std::optional<Time> quiet_since{};      // nothing of it runs or waits, and something did
    Micros usual_pause = Micros::max();     // between such a moment and the next call; an average
    Hook asleep_hook{};                     // on the house's list while it has no worker

    // Waiting calls that may have a worker of their own.
    int eager() const { return static_cast<int>(waiting.size()) - patient; }
    void ended(Micros run, int crew_size) { usual_run.add(run, running--, crew_size); }
    void paused(Micros pause) {
        usual_pause = usual_pause == Micros::max() ? pause : (usual_pause * 3 + pause) / 4;
    }
    bool wants_more() const { return eager() > coming && workers + placed < limits.workers_max; }
};

class Scheduler::House {
public:
    explicit House(Options options);

    void on(const Fact& fact, Time now, std::vector<Order>& out);
    Time next_tick() const;
    Counts counts() const { return counts_; }
    Hold hold(FunctionId function) const;
    int workers(FunctionId function) const;

private:
    struct Place {
        FunctionState* function;
        int memory_mb;
        int slots;
    };

    void take(const CallArrived& fact);
    void take(const CallTakenBack& fact);
    void take(const WorkerReady& fact);
    void take(const CallEnded& fact);
    void take(const WorkerDoomed& fact);
    void take(const WorkerGone& fact);
    void take(const FunctionRetired& fact);
    void take(const MemoryShort&);
    void take(const Tick&) {}

    Worker* find(WorkerId id);
    FunctionState& function(const CallArrived& fact);

    void run(Worker& worker, const Waiting& call, Start start);
    void send_ahead(Worker& worker, const Waiting& call);
    void join_crew(Worker& worker);
    const RunningCall& oldest_ahead() const;
    void put_in_line(FunctionState& f, Waiting call);
    void feed(Worker& worker, Start start);
    void rest(Worker& worker);
    void stop(Worker& worker);
    void write_off(Worker& worker);
    bool must_give_way(const Worker& worker) const;

    void refuse(CallId call, Why why, Hold hold) { out_->push_back(Refuse{call, why, hold}); }
    Waiting take_off_line(std::list<Waiting>::iterator call);
    void refuse_late();
    void cool();
    void freeze();
    void forget_sleepers();

    void reconsider(FunctionState& f);
    bool is_patient(const FunctionState& f) const;
    void end_patience();
    void reserve_places();
    void reserve(FunctionState& f);
    bool start_placed();
    void start(const Place& place);
    void give_back(const Place& place);
    bool fits(std::int64_t workers, std::int64_t memory_mb, int wanted_mb) const;
    void forget_if_empty(FunctionState& f);
    Hold hold(const FunctionState& f) const;

    Options options_;
    Time now_{};
    std::vector<Order>* out_ = nullptr;  // where orders go while on() runs
    std::uint64_t next_worker_ = 1;
    std::uint64_t next_number_ = 1;
    Counts counts_;
    int draining_ = 0;               // ready workers that give way once their last call ends
    std::int64_t committed_ = 0;     // workers placed, starting or ready; stopping ones are not
    std::int64_t committed_mb_ = 0;  // and their memory

    // Looked up, never walked: their order is chance.
    std::unordered_map<FunctionId, FunctionState> functions_;
    std::unordered_map<WorkerId, Worker> workers_;

    std::multimap<Time, std::list<Waiting>::iterator> deadlines_;
    std::map<std::uint64_t, std::list<Waiting>::iterator> patient_;  // by number, so by age
    std::map<std::uint64_t, Worker*> ahead_;                         // the same
    WorkerList<&Worker::idle_hook> idle_;                            // longest idle first
    KeepSteps keep_steps_;
    std::array<WorkerList<&Worker::keep_hook>, kKeepSteps> kept_;  // the idle ones, by their step
    WorkerList<&Worker::awake_hook> awake_;                        // those not frozen
    intrusive::list<FunctionState,
                    intrusive::member_hook<FunctionState, Hook, &FunctionState::asleep_hook>,
                    intrusive::constant_time_size<false>>
        asleep_;  // functions remembered for their usual pause only, longest first
    std::map<std::uint64_t, FunctionState*> hungry_;  // by its oldest call's number
    std::deque<Place> placed_;                        // first come, first started
};

}  // namespace mayfly::sched
