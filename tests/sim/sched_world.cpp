#include "sched_world.hpp"

#include "base/rng.hpp"
#include "sched/need.hpp"
#include "sched/scheduler.hpp"
#include "sched/usual_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace mayfly::sim {
namespace {

using namespace mayfly::sched;

// How one function of the world behaves.
struct Habit {
    FunctionId id;  // its newest revision
    Limits limits;
    Tenant tenant;
    int start_fails_percent = 0;
    int dies_percent = 0;
    int hangs_percent = 0;
    int runs_ms_max = 1;
};

struct WorkerModel {
    FunctionId function;
    Limits limits;
    Tenant tenant;
    bool ready = false, doomed = false, stopping = false, frozen = false, paged_out = false;
    Time idle_since{};
    std::map<CallId, Time> running;
    int begun = 0;           // calls, ever
    bool served = false;     // a call of it has ended
    bool on_demand = false;  // it was started for a call, and not to be kept
    Time ordered{};
    std::deque<CallId> ahead{};     // sent, but not begun
    std::set<CallId> asked_back{};  // of them
};

struct CallModel {
    FunctionId function;
    Limits limits;
    Time deadline;
    Time arrived;
    bool recallable = false;
    Tenant tenant;
    bool background = false;
    bool patient = false;  // since it arrived its function's crew was whole and quick
    bool running = false;
};

struct Due {
    Time at;
    std::uint64_t number;
    Fact fact;
    bool operator<(const Due& o) const {
        return at != o.at ? at > o.at : number > o.number;  // earliest on top
    }
};

class World {
public:
    World(std::uint64_t seed, bool verbose)
        : seed_(seed),
          verbose_(verbose),
          rng_(seed),
          options_(make_options()),
          scheduler_(options_) {
        for (int i = pick(1, 4); i > 0; --i) tenants_.push_back(make_tenant());
        for (int i = pick(1, 6); i > 0; --i) habits_.push_back(make_habit());
        plan_traffic();
    }

    Told run();

private:
    int pick(int low, int high) {
        return low + static_cast<int>(rng_.next() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool chance(int percent) { return pick(1, 100) <= percent; }
    Options make_options();
    Keep make_keep();
    Tenant make_tenant();
    Habit make_habit();
    void plan_traffic();
    void later(Millis wait, Fact fact) { due_.push({now_ + wait, number_++, std::move(fact)}); }

    // The world's side of a fact: false if it can no longer happen.
    bool happens(const CallArrived& f);
    bool happens(const ProvisionSet& f);
    bool happens(const CallTakenBack&) { return true; }
    bool happens(const CallWithdrawn& f);
    bool happens(const WorkerReady& f);
    bool happens(const CallEnded& f);
    bool happens(const WorkerDoomed& f);
    bool happens(const WorkerGone& f);
    bool happens(const FunctionRetired&) { return true; }
    bool happens(const MemoryShort&) { return true; }
    bool happens(const CoresBusy& f) {
        cores_busy_ = f.busy;
        return true;
    }
    bool happens(const Tick&) { return true; }

    void tell(const Fact& fact);
    void carry_out(const StartWorker& o);
    void carry_out(const StopWorker& o);
    void carry_out(const FreezeWorker& o);
    void carry_out(const PageOutWorker& o);
    void carry_out(const RunCall& o);
    void carry_out(const TakeBack& o);
    void carry_out(const Refuse& o);
    void begin(WorkerId worker, CallId call);
    void have_back(WorkerId worker);
    bool is_patient(FunctionId function) const;
    int running(FunctionId function) const;  // calls
    bool unproven(FunctionId function) const;

    void check_limits();
    std::int64_t eager(FunctionId function, bool sync_only = false) const;
    int need(FunctionId function, int coming) const;
    int brief_starts(bool on_demand_only = false) const;
    int kept(FunctionId function) const;
    int granted(FunctionId function) const;
    bool may_go(const WorkerModel& worker) const;
    bool idle_of(TenantId tenant) const;
    void check_provision();
    void check_nothing_waits_in_vain();
    void check_counts();
    void check_empty();

    // Rules are stated as what must be so.
    void must(bool holds, const std::string& rule) {
        if (holds) return;
        fmt::print(stderr, "\nseed {} at {} us broke: {}\nreplay it with: sched_sim {}\n", seed_,
                   now_.time_since_epoch().count(), rule, seed_);
        std::exit(1);
    }
    template <class... Args>
    void say(fmt::format_string<Args...> text, Args&&... args) {
        if (!verbose_) return;
        fmt::print("{:>12.3f} ms  {}\n",
                   static_cast<double>(now_.time_since_epoch().count()) / 1000,
                   fmt::format(text, std::forward<Args>(args)...));
    }
    void digest(std::uint64_t x) { told_.digest = (told_.digest ^ x) * 1099511628211ull; }
    void digest(std::uint64_t kind, std::uint64_t a, std::uint64_t b) {
        digest(kind), digest(a), digest(b);
    }

    std::uint64_t seed_;
    bool verbose_;
    SeededRng rng_;
    Options options_;
    Scheduler scheduler_;
    std::vector<Tenant> tenants_;
    std::vector<Habit> habits_;
    std::map<FunctionId, std::size_t> habit_of_;
    std::uint64_t next_function_ = 1;

    Time now_{};
    std::uint64_t number_ = 0;
    std::priority_queue<Due> due_;
    std::vector<Order> orders_;
    std::deque<Fact> facts_;  // heard in one breath

    std::map<WorkerId, WorkerModel> workers_;  // from StartWorker to WorkerGone
    std::set<WorkerId> seen_;
    std::map<CallId, CallModel> open_;  // arrived, not yet answered or refused
    // By whether nobody waits for it; ids grow, so the first is the next to run.
    std::map<FunctionId, std::set<std::pair<bool, CallId>>> waiting_;
    std::map<FunctionId, ProvisionSet> provision_;  // as it was set last, and could be given
    std::map<FunctionId, int> provision_most_;      // ever set
    std::map<FunctionId, Time> provision_set_at_;   // what it left to others idles from then on
    std::map<FunctionId, Time> failed_at_;          // a worker of it, last
    std::map<FunctionId, long> arrived_, started_;  // calls, workers
    std::map<FunctionId, UsualRun> usual_run_;      // of a function that is remembered
    std::map<FunctionId, UsualStart> usual_start_;  // the same
    std::map<FunctionId, Time> moved_;  // a call of it ended, or the first of those that run began
    bool cores_busy_ = false;
    std::set<CallId> taken_back_, withdrawn_;
    std::set<FunctionId> retired_;
    std::set<CallId>
        lost_;  // ran on a worker that is gone: each must be refused in the same breath
    Told told_{.digest = 14695981039346656037ull};
};

Keep World::make_keep() {
    Keep keep{.least = Millis{chance(50) ? pick(10, 500) : pick(10, 60'000)}};
    keep.usual = keep.least * pick(1, 4);
    keep.most = keep.usual * pick(1, 10);
    return keep;
}

Options World::make_options() {
    return {.workers_max = pick(1, 12),
            .memory_mb_max = pick(1, 10) * 512,
            .waiting_max = pick(1, 50),
            .tenant_waiting_max = pick(20, 200),
            .idle_keep = make_keep(),
            .freeze_after = Millis{pick(1, 200)},
            .page_out_after = chance(50) ? Micros::max() : Millis{pick(200, 20'000)},
            .turn = Millis{pick(0, 2000)},
            .crew = pick(1, 4),
            .quick = Millis{chance(50) ? 0 : pick(1, 200)},
            .ahead = pick(1, 6),
            .patience = Millis{pick(1, 50)},
            .linger = Millis{chance(20) ? 0 : pick(1, 100)},
            .stall = Millis{pick(1, 300)},
            .starts = pick(1, 8),
            .start_brief = Millis{pick(10, 300)}};
}

Tenant World::make_tenant() {
    return {.id = TenantId{tenants_.size() + 1},
            .weight = chance(70) ? 1 : pick(1, 5),
            .workers_max = chance(60) ? 1 << 20 : pick(1, 10)};
}

Habit World::make_habit() {
    Habit h;
    h.tenant = tenants_[static_cast<std::size_t>(pick(0, static_cast<int>(tenants_.size()) - 1))];
    h.id = FunctionId{next_function_++};
    habit_of_[h.id] = habits_.size();
    h.limits = {.memory_mb = 128 * pick(1, chance(10) ? 40 : 6),
                .concurrency = chance(60) ? 1 : pick(2, 10),
                .workers_max = chance(3) ? 0 : pick(1, 10)};
    h.limits.one_call = h.limits.concurrency == 1 && chance(20);
    h.start_fails_percent = chance(15) ? 100 : pick(0, 10);
    h.dies_percent = pick(0, 3);
    h.hangs_percent = pick(0, 3);
    h.runs_ms_max = chance(20) ? 5000 : pick(1, 400);
    return h;
}

// Calls in bursts and pauses, and now and then a new revision. A call's function is named by its
// place among the habits until it arrives: only then is it known which revision is the newest.
void World::plan_traffic() {
    Millis t{0};
    for (std::uint64_t n = 1; n <= 600; ++n) {
        t += Millis{pick(0, chance(5) ? 20'000 : chance(50) ? 2 : 60)};
        const auto habit =
            static_cast<std::uint64_t>(pick(0, static_cast<int>(habits_.size()) - 1));
        if (chance(1)) later(t, FunctionRetired{FunctionId{habit}});
        if (chance(1)) later(t, MemoryShort{});
        if (chance(3)) later(t, CoresBusy{chance(50)});
        if (chance(1))
            later(t, ProvisionSet{
                         .function = FunctionId{habit}, .target = pick(0, 3), .awake = chance(30)});
        later(t, CallArrived{CallId{n},
                             FunctionId{habit},
                             Time{t + Millis{pick(0, 5000)}},
                             {},
                             chance(90),
                             {},
                             chance(20)});
        if (chance(5)) later(t + Millis{pick(0, 300)}, CallWithdrawn{CallId{n}, {}});
    }
    for (std::uint64_t habit = 0; habit < habits_.size(); ++habit)
        later(t + Seconds{30}, ProvisionSet{.function = FunctionId{habit}, .target = 0});
}

bool World::happens(const ProvisionSet& f) {
    auto& set = provision_[f.function] = f;
    set.target = std::min(f.target, scheduler_.provisionable(f.function, f.limits.memory_mb));
    provision_set_at_[f.function] = now_;
    auto& most = provision_most_[f.function];
    most = std::max(most, f.target);
    return true;
}

bool World::happens(const CallArrived& f) {
    must(open_
             .try_emplace(f.call, f.function, f.limits, f.deadline, now_, f.recallable, f.tenant,
                          f.background)
             .second,
         "a call arrives once");
    open_.at(f.call).patient = is_patient(f.function);
    waiting_[f.function].insert({f.background, f.call});
    ++arrived_[f.function];
    return true;
}

// Only while it waits: of one that runs the engine decides.
bool World::happens(const CallWithdrawn& f) {
    const auto call = open_.find(f.call);
    if (call == open_.end() || call->second.running) return false;
    withdrawn_.insert(f.call);
    return true;
}

bool World::happens(const WorkerReady& f) {
    const auto w = workers_.find(f.worker);
    if (w == workers_.end() || w->second.stopping) return false;
    w->second.ready = true;
    w->second.idle_since = now_;
    return true;
}

bool World::happens(const CallEnded& f) {
    const auto w = workers_.find(f.worker);
    if (w == workers_.end() || !w->second.running.contains(f.call)) return false;
    const Run run{.took = now_ - w->second.running.at(f.call),
                  .at_once = running(w->second.function),
                  .first = !std::exchange(w->second.served, true),
                  .no_cores = cores_busy_,
                  .undisturbed = f.undisturbed,
                  .ran = f.ran};
    auto& usual = usual_run_[w->second.function];
    auto& start = usual_start_[w->second.function];
    if (run.first)
        start.add(now_ - w->second.ordered, run.took,
                  usual.is_known() ? usual.alone() : Micros::max());
    usual.add(run, options_.crew);
    if (!run.first) start.settle(usual.alone());
    w->second.running.erase(f.call);
    moved_[w->second.function] = now_;
    if (auto& ahead = w->second.ahead; !ahead.empty()) {
        begin(f.worker, ahead.front());
        ahead.pop_front();
    }
    if (w->second.running.empty()) w->second.idle_since = now_;
    open_.erase(f.call);
    ++told_.answered;
    return true;
}

bool World::happens(const WorkerDoomed& f) {
    const auto w = workers_.find(f.worker);
    if (w == workers_.end() || w->second.stopping) return false;
    w->second.doomed = true;
    while (!w->second.ahead.empty() && chance(80)) have_back(f.worker);
    later(Millis{pick(0, 30)}, WorkerGone{f.worker});
    return true;
}

bool World::happens(const WorkerGone& f) {
    const auto w = workers_.find(f.worker);
    if (w == workers_.end()) return false;
    while (!w->second.ahead.empty() && !w->second.doomed && chance(80)) have_back(f.worker);
    for (const auto& [call, since] : w->second.running) lost_.insert(call);
    lost_.insert(w->second.ahead.begin(), w->second.ahead.end());
    if (!w->second.stopping && !w->second.doomed) failed_at_[w->second.function] = now_;
    workers_.erase(w);
    return true;
}

void World::tell(const Fact& fact) {
    const bool real = std::visit([this](const auto& f) { return happens(f); }, fact);
    // A fact that crossed a stop order on its way is told all the same: the scheduler must shrug it
    // off.
    if (!real && chance(50)) return;
    facts_.push_back(fact);
    while (!facts_.empty()) {
        orders_.clear();
        const auto next = facts_.front();
        facts_.pop_front();
        if (const auto* back = std::get_if<CallTakenBack>(&next)) {
            const auto& call = open_.at(back->call);
            waiting_[call.function].insert({call.background, back->call});
            taken_back_.insert(back->call);
        }
        scheduler_.on(next, now_, orders_);
        const auto is_forgotten = [this](const auto& known) {
            return !scheduler_.remembers(known.first);
        };
        std::erase_if(usual_run_, is_forgotten);
        std::erase_if(usual_start_, is_forgotten);
        for (const auto& order : orders_) {
            ++told_.orders;
            digest(order.index());
            std::visit([this](const auto& o) { carry_out(o); }, order);
        }
    }
    for (const auto& [function, calls] : waiting_)
        for (const auto& [background, call] : calls) open_.at(call).patient &= is_patient(function);
    must(scheduler_.next_tick() > now_, "what is due now is done now");
    must(lost_.empty(), "the calls of a worker that went are refused at once");
    check_limits();
    check_nothing_waits_in_vain();
    check_provision();
    check_counts();
}

void World::carry_out(const StartWorker& o) {
    say("start  worker {} for function {}", o.worker.n, o.function.n);
    digest(1, o.worker.n, o.function.n);
    must(seen_.insert(o.worker).second, "a worker id is used once");
    const auto& habit = habits_[habit_of_.at(o.function)];
    const bool on_demand = kept(o.function) >= provision_[o.function].target;
    if (on_demand) {
        must(!waiting_[o.function].empty(), "a worker starts only for a call that waits");
        must(++started_[o.function] <= arrived_[o.function], "no function starts workers for ever");
    }
    workers_[o.worker] = {.function = o.function,
                          .limits = habit.limits,
                          .tenant = habit.tenant,
                          .idle_since = now_,
                          .on_demand = on_demand,
                          .ordered = now_};
    must(brief_starts(true) <= options_.starts, "no more workers start at once than may");
    const Millis wait{pick(0, 900)};
    if (chance(habit.start_fails_percent)) {
        later(wait, WorkerGone{o.worker});
    } else {
        later(wait, WorkerReady{o.worker});
    }
}

void World::carry_out(const StopWorker& o) {
    say("stop   worker {}", o.worker.n);
    digest(2, o.worker.n, 0);
    must(workers_.contains(o.worker), "only a living worker is stopped");
    auto& w = workers_.at(o.worker);
    must(w.running.empty(), "a busy worker is never stopped");
    must(w.ready && !w.stopping && !w.doomed, "a worker is stopped once, and not while it starts");
    w.stopping = true;
    // While others stop, those that are provisioned may have places only.
    const auto others = std::ranges::count_if(
        workers_, [](const auto& x) { return x.second.stopping || x.second.doomed; });
    must(w.limits.one_call || others > 1 || kept(w.function) >= granted(w.function),
         "no provisioned worker is stopped");
    later(Millis{pick(0, 50)}, WorkerGone{o.worker});
}

void World::carry_out(const FreezeWorker& o) {
    say("freeze worker {}", o.worker.n);
    digest(6, o.worker.n, 0);
    must(workers_.contains(o.worker), "only a living worker is frozen");
    auto& w = workers_.at(o.worker);
    must(w.ready && !w.stopping && !w.doomed && w.running.empty(), "only an idle worker is frozen");
    must(!w.frozen, "a worker is frozen once");
    must(now_ - w.idle_since >= options_.freeze_after, "no worker is frozen too soon");
    w.frozen = true;
}

void World::carry_out(const PageOutWorker& o) {
    say("page out worker {}", o.worker.n);
    digest(7, o.worker.n, 0);
    must(workers_.contains(o.worker), "only a living worker is paged out");
    auto& w = workers_.at(o.worker);
    must(w.frozen && !w.stopping && !w.doomed, "only a frozen worker is paged out");
    must(!w.paged_out, "a worker is paged out once");
    must(now_ - w.idle_since >= options_.page_out_after, "no worker is paged out too soon");
    w.paged_out = true;
}

void World::carry_out(const RunCall& o) {
    say("run    call {} on worker {}", o.call.n, o.worker.n);
    digest(3, o.worker.n, o.call.n);
    must(workers_.contains(o.worker) && open_.contains(o.call), "worker and call of a run exist");
    auto& w = workers_.at(o.worker);
    auto& call = open_.at(o.call);
    must(w.ready && !w.stopping && !w.doomed, "a call runs on a ready worker only");
    must(w.function == call.function, "a call runs on a worker of its own function");
    must(!call.running && waiting_[call.function].begin()->second == o.call,
         "of those whose callers wait the oldest runs first, then the background");
    must(now_ < call.deadline, "a call never runs past its deadline");
    call.running = true;
    waiting_[call.function].erase({call.background, o.call});
    if (o.ahead) {
        must(is_patient(w.function), "only short calls are sent ahead, and only to a whole crew");
        must(call.recallable && w.limits.concurrency == 1 && w.running.size() == 1 &&
                 std::ssize(w.ahead) < options_.ahead,
             "a few calls that can be had back are sent ahead, to a worker that runs one");
        w.ahead.push_back(o.call);
        return;
    }
    must(!w.running.contains(o.call), "a call runs once");
    begin(o.worker, o.call);
    must(std::ssize(w.running) <= w.limits.concurrency,
         "a worker never has more calls than it may");
}

void World::begin(WorkerId worker, CallId id) {
    auto& w = workers_.at(worker);
    const auto& call = open_.at(id);
    if (running(w.function) == 0) moved_[w.function] = now_;
    w.running.emplace(id, now_);
    must(++w.begun == 1 || !w.limits.one_call, "a worker for one call takes one call");
    w.frozen = w.paged_out = false;
    const auto& habit = habits_[habit_of_.at(call.function)];
    const Millis wait{pick(1, habit.runs_ms_max)};
    if (chance(habit.dies_percent)) return later(wait, WorkerGone{worker});
    if (chance(habit.hangs_percent)) return later(wait, WorkerDoomed{worker});
    std::optional<Micros> undisturbed;
    if (chance(50)) undisturbed = Micros{pick(0, static_cast<int>(Micros(wait).count()))};
    const Micros ran = undisturbed.value_or(Micros{}) * pick(50, 100) / 100;
    later(wait, CallEnded{worker, id, undisturbed, ran});
}

void World::carry_out(const TakeBack& o) {
    say("recall call {} from worker {}", o.call.n, o.worker.n);
    digest(5, o.worker.n, o.call.n);
    auto& w = workers_.at(o.worker);
    const bool just_came = std::ranges::find_if(facts_, [&](const Fact& f) {
                               const auto* back = std::get_if<CallTakenBack>(&f);
                               return back && back->call == o.call;
                           }) != facts_.end();
    must((just_came || std::ranges::find(w.ahead, o.call) != w.ahead.end()) &&
             w.asked_back.insert(o.call).second,
         "a call that was sent ahead is asked back once");
    must(now_ - open_.at(o.call).arrived >= options_.patience, "and not before its time");
    if (!w.ahead.empty() && chance(80)) have_back(o.worker);
}

// The oldest call that was sent ahead is in line again once the scheduler has heard of it; now and
// then it has just begun, though nobody knows, and the next comes.
void World::have_back(WorkerId worker) {
    auto& ahead = workers_.at(worker).ahead;
    const auto taken = ahead.begin() + (ahead.size() > 1 && chance(10));
    const auto call = *taken;
    ahead.erase(taken);
    open_.at(call).running = open_.at(call).patient = false;
    facts_.push_back(CallTakenBack{worker, call});
}

void World::carry_out(const Refuse& o) {
    say("refuse call {}: {} ({})", o.call.n, to_text(o.why), to_text(o.hold));
    digest(4, o.call.n, static_cast<std::uint64_t>(o.why));
    must(open_.contains(o.call), "a call is answered or refused exactly once");
    const auto& call = open_.at(o.call);
    must(call.running == (o.why == Why::lost), "lost is said of running calls, and only of those");
    if (o.why == Why::lost) must(lost_.erase(o.call) == 1, "a call is lost only with its worker");
    if (o.why == Why::late) must(call.deadline <= now_, "late is said only after the deadline");
    must(o.why == Why::withdrawn ? withdrawn_.contains(o.call)
                                 : !withdrawn_.contains(o.call) || call.deadline <= now_,
         "a call that is withdrawn while it waits is refused for that, and no other is");
    if (o.why == Why::full) {
        must(std::ssize(waiting_[call.function]) > options_.waiting_max,
             "full is said only when full");
    }
    waiting_[call.function].erase({call.background, o.call});
    open_.erase(o.call);
    ++told_.refused;
}

void World::check_limits() {
    std::int64_t memory = 0;
    std::map<FunctionId, int> alive, idle_too_long;
    std::map<TenantId, int> of_tenant;
    for (const auto& [id, w] : workers_) {
        memory += w.limits.memory_mb;
        must(++alive[w.function] <= w.limits.workers_max + provision_most_[w.function],
             "a function never has more workers than it may");
        must(++of_tenant[w.tenant.id] <= w.tenant.workers_max,
             "a tenant never has more workers than it may");
        if (w.ready && !w.stopping && w.running.empty() &&
            now_ - std::max(w.idle_since, provision_set_at_[w.function]) >= options_.idle_keep.most)
            must(++idle_too_long[w.function] <= provision_[w.function].target,
                 "no worker idles longer than it is kept, unless it is provisioned");
        must(!w.ready || w.stopping || !w.running.empty() || w.frozen ||
                 provision_[w.function].awake ||
                 now_ - std::max(w.idle_since, provision_set_at_[w.function]) <
                     options_.freeze_after,
             "no worker idles awake");
        must(!w.ready || w.stopping || !w.running.empty() || !retired_.contains(w.function),
             "no worker of a retired function idles");
    }
    must(std::ssize(workers_) <= options_.workers_max,
         "the house never has more workers than it may");
    must(memory <= options_.memory_mb_max, "the house never gives more memory than it may");
    for (const auto& [function, calls] : waiting_) {
        must(std::ranges::count_if(
                 calls, [&](const auto& c) { return !taken_back_.contains(c.second); }) <=
                 options_.waiting_max,
             "no line is longer than it may be, but for calls that were taken back");
        for (const auto& [background, call] : calls)
            must(open_.at(call).deadline > now_, "no call waits past its deadline");
    }
}

bool World::is_patient(FunctionId function) const {
    const auto usual = usual_run_.find(function);
    if (usual == usual_run_.end() || !usual->second.below(options_.quick)) return false;
    if (habits_[habit_of_.at(function)].limits.one_call) return false;
    return running(function) >= options_.crew;
}

int World::running(FunctionId function) const {
    std::ptrdiff_t running = 0;
    for (const auto& [id, w] : workers_)
        if (w.function == function) running += std::ssize(w.running);
    return static_cast<int>(running);
}

// The calls of `function` that need not wait any longer for one of its crew.
std::int64_t World::eager(FunctionId function, bool sync_only) const {
    const auto found = waiting_.find(function);
    if (found == waiting_.end()) return 0;
    std::int64_t eager = 0;
    for (const auto& [background, call] : found->second) {
        if (sync_only && background) continue;
        const auto& c = open_.at(call);
        eager += !c.patient || now_ - c.arrived >= options_.patience;
    }
    return eager;
}

// Calls of `function` that need a worker of their own, rule (2).
int World::need(FunctionId function, int coming) const {
    const auto known_start = usual_start_.find(function);
    const auto start =
        known_start == usual_start_.end() ? Micros::max() : known_start->second.time();
    const auto known_run = usual_run_.find(function);
    int overdue = 0;
    bool starved = false;
    if (const auto found = waiting_.find(function); found != waiting_.end())
        for (const auto& [background, call] : found->second) {
            const auto& c = open_.at(call);
            const bool eager = !c.patient || now_ - c.arrived >= options_.patience;
            starved |= eager && now_ - c.arrived >= options_.turn;
            overdue += eager && now_ - c.arrived >= worth(start, options_.linger);
        }
    return sched::need(
        {.waiting = static_cast<int>(eager(function)),
         .coming = coming,
         .serving = running(function),
         .overdue = std::min(overdue, options_.crew),
         .once = habits_[habit_of_.at(function)].limits.one_call,
         .run = known_run == usual_run_.end() ? Micros::max() : known_run->second.alone(),
         .start = start,
         .no_cores = cores_busy_,
         .cores_only = known_run != usual_run_.end() && known_run->second.wants_cores_only(),
         .unproven = unproven(function),
         .starved = starved,
         .stalled = running(function) > 0 && now_ - moved_.at(function) >= options_.stall},
        {.linger = options_.linger, .crew = options_.crew});
}

// Whether a worker of it has yet to end a call.
bool World::unproven(FunctionId function) const {
    return std::ranges::any_of(workers_, [&](const auto& x) {
        const auto& w = x.second;
        return w.function == function && !w.served && !w.stopping && !w.doomed;
    });
}

// Workers that have been starting for a moment only.
int World::brief_starts(bool on_demand_only) const {
    return static_cast<int>(std::ranges::count_if(workers_, [&](const auto& x) {
        const auto& w = x.second;
        return (w.on_demand || !on_demand_only) && !w.ready && !w.stopping && !w.doomed &&
               now_ - w.ordered < options_.start_brief;
    }));
}

// Workers of the function that start, run or idle.
int World::kept(FunctionId function) const {
    return static_cast<int>(std::ranges::count_if(workers_, [&](const auto& x) {
        return x.second.function == function && !x.second.stopping && !x.second.doomed;
    }));
}

int World::granted(FunctionId function) const {
    const auto set = provision_.find(function);
    return set == provision_.end() ? 0 : set->second.target;
}

// While nothing is stopping, what is provisioned is there, unless its tenant has all it may, or a
// busy house has no room yet, or its workers fail.
void World::check_provision() {
    std::int64_t memory = 0;
    std::map<TenantId, int> of_tenant;
    bool idle = false;
    for (const auto& [id, w] : workers_) {
        if (w.stopping || w.doomed) return;
        memory += w.limits.memory_mb;
        ++of_tenant[w.tenant.id];
        idle |= may_go(w);
    }
    for (const auto& [function, set] : provision_) {
        if (kept(function) >= granted(function)) continue;
        const auto failed = failed_at_.find(function);
        if (failed != failed_at_.end() && now_ - failed->second < Seconds{61}) return;
        if (of_tenant[set.tenant.id] >= set.tenant.workers_max) continue;
        const bool fits = std::ssize(workers_) < options_.workers_max &&
                          memory + set.limits.memory_mb <= options_.memory_mb_max;
        must(!fits && !idle, "what is provisioned starts as soon as it fits");
        return;  // those after it wait for it
    }
}

// While nothing is stopping (so that room is really room): a waiting call has no free worker of its
// own, and of those who come first by the rule of shares one truly does not fit, though nothing
// idles.
void World::check_nothing_waits_in_vain() {
    std::map<FunctionId, int> coming;
    std::map<FunctionId, std::int64_t> alive, memory_of;
    std::map<TenantId, std::int64_t> tenant_workers, tenant_memory;
    std::int64_t memory = 0;
    bool stopping = false, idle = false;
    for (const auto& [id, w] : workers_) {
        ++alive[w.function];
        ++tenant_workers[w.tenant.id];
        tenant_memory[w.tenant.id] += w.limits.memory_mb;
        memory_of[w.function] += w.limits.memory_mb;
        memory += w.limits.memory_mb;
        stopping |= w.stopping || w.doomed;
        for (const auto call : w.ahead)
            must(w.asked_back.contains(call) || now_ - open_.at(call).arrived < options_.patience,
                 "what was sent ahead is asked back in time");
        if (!w.ready) coming[w.function] += w.limits.concurrency;
        if (!w.ready || w.stopping || w.doomed) continue;
        idle |= may_go(w);
        const bool room = std::ssize(w.running) < w.limits.concurrency;
        // A worker with several calls that is about to give way takes no more: only then may both
        // be.
        must(!room || eager(w.function) == 0 || !w.running.empty(),
             "no call waits beside a free worker");
    }
    if (stopping || brief_starts() >= options_.starts) return;
    for (const auto& [function, set] : provision_)
        if (kept(function) < granted(function)) return;  // it may be its turn
    std::map<TenantId, std::pair<bool, std::int64_t>> first_of;
    std::vector<std::tuple<TenantId, bool, std::int64_t, const Limits*>> all;
    for (const auto& [function, calls] : waiting_) {
        if (need(function, coming[function]) == 0) continue;
        const auto& call = open_.at(calls.begin()->second);
        const auto on_demand =
            alive[function] - std::min<std::int64_t>(alive[function], granted(function));
        if (on_demand >= call.limits.workers_max) continue;
        if (tenant_workers[call.tenant.id] >= call.tenant.workers_max) {
            must(!idle_of(call.tenant.id), "a tenant at its limit has no worker that idles");
            continue;
        }
        all.emplace_back(call.tenant.id, eager(function, true) == 0, memory_of[function],
                         &call.limits);
    }
    if (all.empty()) return;
    for (const auto& [tenant, background, share, limits] : all) {
        const auto [at, fresh] = first_of.try_emplace(tenant, background, share);
        if (!fresh) at->second = std::min(at->second, std::pair{background, share});
    }
    // Tenants, and functions of one tenant, that are alike come in an order of the scheduler's own.
    const auto rank_of = [&](TenantId tenant) {
        const auto of_house = std::max(tenant_workers[tenant] * options_.memory_mb_max,
                                       tenant_memory[tenant] * options_.workers_max) *
                              1000 / tenants_[tenant.n - 1].weight;
        return std::pair{first_of.at(tenant).first, of_house};
    };
    auto best = rank_of(std::get<0>(all.front()));
    for (const auto& claim : all) best = std::min(best, rank_of(std::get<0>(claim)));
    bool all_fit = true;
    for (const auto& [tenant, background, share, limits] : all) {
        if (rank_of(tenant) != best || first_of.at(tenant) != std::pair{background, share})
            continue;
        all_fit &= std::ssize(workers_) < options_.workers_max &&
                   memory + limits->memory_mb <= options_.memory_mb_max;
    }
    must(!all_fit, "no call waits for a worker that there is room for");
    must(!idle, "no worker idles while another function needs its place");
}

// Whether it idles and is surely not provisioned: more of its function idle than are.
bool World::may_go(const WorkerModel& w) const {
    if (!w.ready || w.stopping || w.doomed || !w.running.empty()) return false;
    return granted(w.function) < std::ranges::count_if(
                                     workers_,
                                     [&](const auto& x) {
                                         const auto& other = x.second;
                                         return other.function == w.function && other.ready &&
                                                !other.stopping && !other.doomed &&
                                                other.running.empty();
                                     });
}

bool World::idle_of(TenantId tenant) const {
    return std::ranges::any_of(
        workers_, [&](const auto& x) { return x.second.tenant.id == tenant && may_go(x.second); });
}

void World::check_counts() {
    Counts mine;
    for (const auto& [id, w] : workers_) {
        mine.memory_mb += w.limits.memory_mb;
        const bool gone_soon = w.stopping || w.doomed;
        ++(gone_soon           ? mine.stopping
           : !w.ready          ? mine.starting
           : w.running.empty() ? mine.idle
                               : mine.busy);
    }
    for (const auto& [function, calls] : waiting_) {
        mine.waiting += static_cast<int>(calls.size());
        for (const auto& [background, call] : calls) mine.background += background;
    }
    const auto c = scheduler_.counts();
    must(c.starting == mine.starting && c.busy == mine.busy && c.idle == mine.idle &&
             c.stopping == mine.stopping && c.memory_mb == mine.memory_mb &&
             c.waiting == mine.waiting && c.background == mine.background,
         "the scheduler's counts are the world's");
}

void World::check_empty() {
    must(open_.empty(), "every call is answered or refused");
    must(workers_.empty(), "an idle platform holds no worker");
    must(scheduler_.next_tick() == Time::max(), "an idle platform waits for nothing");
}

Told World::run() {
    for (;;) {
        const auto tick = scheduler_.next_tick();
        if (due_.empty() && tick == Time::max()) break;
        if (due_.empty() || tick < due_.top().at) {
            now_ = std::max(now_, tick);
            tell(Tick{});
            continue;
        }
        auto [at, number, fact] = due_.top();
        due_.pop();
        now_ = std::max(now_, at);
        if (auto* call = std::get_if<CallArrived>(&fact)) {
            const auto& habit = habits_[call->function.n];
            call->function = habit.id;
            call->limits = habit.limits;
            call->tenant = habit.tenant;
            say("call   {} for function {}", call->call.n, habit.id.n);
        } else if (auto* set = std::get_if<ProvisionSet>(&fact)) {
            const auto& habit = habits_[set->function.n];
            set->function = habit.id;
            set->limits = habit.limits;
            set->tenant = habit.tenant;
            say("keep   {} of function {}", set->target, habit.id.n);
        } else if (auto* gone = std::get_if<CallWithdrawn>(&fact)) {
            if (!open_.contains(gone->call)) continue;
            gone->function = open_.at(gone->call).function;
            say("drop   call {}", gone->call.n);
        } else if (auto* old = std::get_if<FunctionRetired>(&fact)) {
            auto& habit = habits_[old->function.n];
            const auto place = old->function.n;
            old->function = habit.id;
            retired_.insert(habit.id);
            provision_.erase(habit.id);
            habit.id = FunctionId{next_function_++};
            habit_of_[habit.id] = place;
            say("retire function {}, now {}", old->function.n, habit.id.n);
        }
        tell(fact);
    }
    check_empty();
    told_.virtual_hours =
        std::chrono::duration<double, std::ratio<3600>>(now_.time_since_epoch()).count();
    return told_;
}

}  // namespace

Told run_world(std::uint64_t seed, bool verbose) { return World(seed, verbose).run(); }

}  // namespace mayfly::sim
