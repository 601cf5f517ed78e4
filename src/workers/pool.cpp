#include "workers/pool.hpp"

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "sandbox/commands.hpp"
#include "workers/setup.hpp"
#include "workers/start_refusal.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace mayfly::workers {

namespace {

constexpr std::size_t kRefusalBytesMax = 64u << 10;

// Why a process that was never ready ended: its own last words, or the status.
std::string last_words(const sandbox::Report& report, std::string_view log) {
    if (report.type == sandbox::Report::Type::failed || report.text[0] != 0) return report.text;
    if (const auto words = trim(log); !words.empty()) return std::string(words);
    if (report.out_of_memory) return "its memory limit is too small for its language to start";
    return fmt::format("its process ended with status {}", report.status);
}

// The ways between us and a worker: its three pipes, by WorkerEnd, and memory that it shares with
// us.
struct Ways {
    std::array<Fd, sandbox::kEnds> ours;
    std::vector<Fd> theirs;
    std::optional<RingMemory> shared;
};

Result<Ways> open_ways(bool shares) {
    Ways ways;
    for (std::size_t i = 0; i < sandbox::kEnds; ++i) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return Failure(errno_error("pipe"));
        const bool worker_reads = i == sandbox::kEndIn;
        ways.ours[i] = Fd(ends[worker_reads ? 1 : 0]);
        ways.theirs.emplace_back(ends[worker_reads ? 0 : 1]);
    }
    if (!shares) return ways;
    TRY(auto memory, RingMemory::make());
    ways.shared.emplace(std::move(memory.first));
    ways.theirs.push_back(std::move(memory.second));
    return ways;
}

}  // namespace

Pool::Pool(boost::asio::io_context& loop, io::Timers& timers, io::Turns& turns, Rng& rng,
           const Log& log, LaunchLink& link, Options options)
    : loop_(loop),
      timers_(timers),
      turns_(turns),
      rng_(rng),
      log_(log),
      link_(link),
      options_(std::move(options)),
      park_(timers, options_.parked,
            {.start = [this](Language language) { return begin_parked(language); },
             .stop = [this](std::uint64_t process) { link_.kill(process); }}) {}

Pool::~Pool() = default;

Result<void> Pool::open() {
    return link_.open([this](const sandbox::Report& report,
                             std::vector<Fd> doors) { on_report(report, std::move(doors)); },
                      [this] { on_lost(); });
}

bool Pool::forks(Language language) const {
    return options_.zygotes && sandbox::has_zygote(language) && !without_zygote_.contains(language);
}

void Pool::begin_parking(Language language) {
    if (forks(language) || language == Language::custom) park_.open(language);
}

void Pool::give_up_zygotes(Language language) {
    without_zygote_.insert(language);
    park_.close(language);
}

void Pool::start(WorkerId id, Route route) {
    auto& member = members_[id];
    member.instance_id = new_instance_id();
    if (has_internet(*route) && !no_internet_.empty())
        return later([this, id] {
            finish(id, {.why = fmt::format("its service has internetAccess, and this host cannot "
                                           "give it: {}; or take internetAccess from the service",
                                           no_internet_)});
        });
    if (const auto process = parked_for(route->function.spec)) {
        member.process = *process;
        adopt(id, route, member);
    } else {
        begin(id, route, member);
    }
}

// A parked process has the usual /tmp; a forked one also the address layout of its warmed parent.
std::optional<std::uint64_t> Pool::parked_for(const FunctionSpec& spec) {
    if (spec.disk_mb != FunctionSpec{}.disk_mb) return {};
    const auto language = *language_of(spec.runtime);
    return park_.take(forks(language) && !spec.strict ? language : Language::custom);
}

// One with a program is known to run, so it is told its setup and its calls while the launcher
// brings its code.
void Pool::adopt(WorkerId id, const Route& route, Member& member) {
    auto& process = process_of(id);
    process.serves = id;
    process.ready = !process.empty;
    process.birth = {.origin = process.empty ? Origin::executed : Origin::parked,
                     .was_empty = process.empty,
                     .ordered = timers_.now()};
    const auto& spec = route->function.spec;
    const auto sent = link_.adopt({.worker = member.process,
                                   .language = *language_of(spec.runtime),
                                   .door = has_door(*route),
                                   .internet = has_internet(*route),
                                   .limits = limits_of(spec)},
                                  route->folders);
    if (!sent) {
        log_.warn("a parked worker could not be used: {}", sent.error().what);
        link_.kill(member.process);
    }
    process.worker->belongs_to(io::party_of(route->function.account));
    process.worker->set_up(setup_json(*route, member.instance_id, options_.region));
    if (process.ready)
        later([this, id] {
            if (members_.contains(id)) events_.ready(id);
        });
}

void Pool::begin(WorkerId id, const Route& route, Member& member) {
    const auto& spec = route->function.spec;
    const auto language = *language_of(spec.runtime);  // as the catalog made sure
    const bool forked = forks(language) && !spec.strict;
    const auto number = make_process({.tier = forked ? sandbox::Tier::zygote : sandbox::Tier::exec,
                                      .language = language,
                                      .door = has_door(*route),
                                      .internet = has_internet(*route),
                                      .limits = limits_of(spec)},
                                     route->folders);
    if (!number) return later([this, id, why = number.error().what] { finish(id, {.why = why}); });
    member.process = *number;
    auto& process = process_of(id);
    process.serves = id;
    process.worker->belongs_to(io::party_of(route->function.account));
    process.worker->set_up(setup_json(*route, member.instance_id, options_.region));
}

// The limits of most functions; it is given its own with its code.
std::uint64_t Pool::begin_parked(Language language) {
    const bool empty = !forks(language);
    const auto number = make_process({.tier = empty ? sandbox::Tier::exec : sandbox::Tier::zygote,
                                      .language = language,
                                      .parked = true,
                                      .limits = limits_of({})},
                                     {});
    if (number) {
        processes_.at(*number).empty = empty;
        return *number;
    }
    log_.warn("no {} worker could be parked: {}", to_text(language), number.error().what);
    later([this, none = last_process_] { park_.ended(none); });
    return last_process_;
}

// Its end is reported in any case, sooner or later.
Result<std::uint64_t> Pool::make_process(sandbox::Spec spec, const CodeFolders& folders) {
    const auto number = ++last_process_;
    spec.shares = spec.tier == sandbox::Tier::zygote && spec.language == Language::nodejs;
    TRY(auto ways, open_ways(spec.shares));
    const auto host_uid = take_uid();
    spec.worker = number;
    spec.host_uid = host_uid;
    const auto ordered = timers_.now();  // the launcher may have the core before we go on
    if (const auto sent = link_.start(spec, folders, std::move(ways.theirs)); !sent) {
        free_uids_.push_back(host_uid);
        return Failure(sent.error());
    }
    auto worker = std::make_shared<Worker>(
        loop_, timers_, turns_, std::move(ways.ours), std::move(ways.shared),
        Worker::Events{
            .stage = [this, number](std::uint8_t flag, Time when) { on_stage(number, flag, when); },
            .answer = [this, number](CallId call,
                                     Answer answer) { on_answer(number, call, std::move(answer)); },
            .part = [this, number](
                        CallId call, std::uint8_t flags,
                        std::string part) { on_part(number, call, flags, std::move(part)); },
            .credit = [this, number](CallId call,
                                     std::uint32_t bytes) { on_credit(number, call, bytes); },
            .drained = [this, number] { on_drained(number); },
            .silent =
                [this, number] {
                    const auto id = processes_.at(number).serves;
                    id ? events_.silent(*id) : link_.kill(number);
                }});
    worker->listen();
    processes_[number] = {.worker = std::move(worker),
                          .host_uid = host_uid,
                          .serves = {},
                          .birth = {.ordered = ordered}};
    return number;
}

void Pool::on_stage(std::uint64_t number, std::uint8_t flag, Time when) {
    auto& process = processes_.at(number);
    if (!process.serves) {
        if (flag != kParked || process.ready) return link_.kill(number);
        process.ready = true;
        if (process.started) park_.arrived(number);
    } else if (flag == kInitialized) {
        events_.initialized(*process.serves);
    } else if (flag == kLoaded) {
        if (process.birth.loaded == Time{}) process.birth.loaded = when;
    } else if (flag == kLoading) {
        if (process.birth.loading == Time{}) process.birth.loading = when;
        if (!std::exchange(process.ready, true)) events_.ready(*process.serves);
    }
}

void Pool::stop(WorkerId id) {
    if (const auto number = members_.at(id).process) link_.kill(number);
}

void Pool::page_out(WorkerId id) {
    if (const auto number = members_.at(id).process) link_.page_out(number);
}

void Pool::stand(WorkerId id, Standing standing) {
    if (const auto number = members_.at(id).process) link_.stand(number, standing);
}

void Pool::run(WorkerId id, CallId call, std::string_view request_id, std::string_view event,
               std::string_view about) {
    worker_of(id).call(call, request_id, event, about);
}

Worker& Pool::worker_of(WorkerId id) const {
    return *processes_.at(members_.at(id).process).worker;
}

const Birth& Pool::birth(WorkerId id) const { return processes_.at(members_.at(id).process).birth; }

const std::string& Pool::instance_id(WorkerId id) const { return members_.at(id).instance_id; }

std::string Pool::take_log(WorkerId id) { return worker_of(id).take_log(); }

std::int64_t Pool::memory_bytes_peak(WorkerId id) const {
    return worker_of(id).memory_bytes_peak();
}

// To no call: why it cannot start, of one that has not. More than an error's text is not kept.
void Pool::on_answer(std::uint64_t number, CallId call, Answer answer) {
    auto& process = processes_.at(number);
    if (!process.serves) return link_.kill(number);
    if (call != CallId{}) return events_.answered(*process.serves, call, std::move(answer));
    if (!process.ready && answer.body.size() <= kRefusalBytesMax)
        process.refusal = std::move(answer.body);
}

void Pool::on_part(std::uint64_t number, CallId call, std::uint8_t flags, std::string part) {
    const auto& process = processes_.at(number);
    if (!process.serves || call == CallId{}) return link_.kill(number);
    events_.part(*process.serves, call, flags, std::move(part));
}

void Pool::on_credit(std::uint64_t number, CallId call, std::uint32_t bytes) {
    const auto& process = processes_.at(number);
    if (!process.serves) return link_.kill(number);
    events_.credit(*process.serves, call, bytes);
}

void Pool::on_drained(std::uint64_t number) {
    const auto& process = processes_.at(number);
    if (process.serves) events_.drained(*process.serves);
}

void Pool::on_report(const sandbox::Report& report, std::vector<Fd> doors) {
    using Type = sandbox::Report::Type;
    if (on_host_report(report)) return;
    const auto found = processes_.find(report.worker);
    if (found == processes_.end()) return;
    auto& process = found->second;
    for (std::size_t i = 0; i < std::min<std::size_t>(doors.size(), sandbox::kDoors) && serve_; ++i)
        process.doors.push_back(serve_(static_cast<sandbox::Door>(i), std::move(doors[i])));
    if (report.type == Type::doors) return;
    if (report.type != Type::started) return on_end(report.worker, report);
    process.worker->set_group(report.group);
    process.worker->set_pid(report.pid);
    process.started = true;
    auto& birth = process.birth;
    birth.origin = report.tier == sandbox::Tier::zygote ? Origin::forked : Origin::executed;
    birth.order_came = report.order_came;
    birth.cloned = report.cloned;
    if (!process.serves && process.ready) park_.arrived(report.worker);
}

// Of no worker in particular.
bool Pool::on_host_report(const sandbox::Report& report) {
    using Type = sandbox::Report::Type;
    if (report.type == Type::internet) {
        no_internet_ = report.text;
    } else if (report.type == Type::relay_lost) {
        log_.error(
            "mayfly-net {}: workers with internetAccess are ended, the next one starts it "
            "again",
            report.text);
    } else if (report.type == Type::zygote_lost) {
        log_.warn("the warmed {} parent {}; workers start by exec until it is back",
                  to_text(report.language), report.text);
    } else {
        return false;
    }
    return true;
}

void Pool::on_end(std::uint64_t number, const sandbox::Report& report) {
    if (const auto& process = processes_.at(number); process.serves) {
        const auto worker = process.worker;
        worker->read_rest();
        if (process.ready) events_.silent(*process.serves);  // what had not begun is taken back
    }
    const auto node = processes_.extract(number);
    const auto& process = node.mapped();
    free_uids_.push_back(process.host_uid);
    if (!process.serves) return park_.ended(number);
    if (process.ready && report.text[0] != 0) log_.warn("a worker was ended: {}", report.text);
    Ending ending{.was_ready = process.ready,
                  .out_of_memory = report.out_of_memory,
                  .memory_bytes_peak = report.memory_bytes_peak,
                  .log = process.worker->take_log(),
                  .birth = process.birth};
    ending.why = ending.was_ready ? report.text : last_words(report, ending.log);
    if (const auto said = start_refusal(process.refusal, ending.log); said && !ending.was_ready) {
        ending.why = said->what;
        ending.code = said->code;
    }
    finish(*process.serves, std::move(ending));
}

void Pool::on_lost() {
    sandbox::Report report{.type = sandbox::Report::Type::failed};
    sandbox::set_text(report.text, "mayfly-launch ended");
    std::vector<std::uint64_t> all;
    for (const auto& [number, process] : processes_) all.push_back(number);
    for (const auto number : all) on_end(number, report);
}

void Pool::finish(WorkerId id, Ending ending) {
    if (members_.erase(id)) events_.gone(id, std::move(ending));
}

void Pool::later(std::function<void()> job) { boost::asio::post(loop_, std::move(job)); }

std::uint32_t Pool::take_uid() {
    if (free_uids_.empty()) return options_.first_host_uid + uids_++;
    const auto uid = free_uids_.back();
    free_uids_.pop_back();
    return uid;
}

std::string Pool::new_instance_id() {
    const auto seconds =
        std::chrono::duration_cast<Seconds>(timers_.wall().time_since_epoch()).count();
    return fmt::format("c-{:08x}-{}-{}", seconds, random_hex(rng_, 4), random_hex(rng_, 6));
}

}  // namespace mayfly::workers
