#include "workers/pool.hpp"

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
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
    if (report.type == sandbox::Report::Type::failed) return report.text;
    if (const auto words = trim(log); !words.empty()) return std::string(words);
    if (report.out_of_memory) return "its memory limit is too small for its language to start";
    return fmt::format("its process ended with status {}", report.status);
}

// The three pipes of a worker, by WorkerEnd.
struct Pipes {
    std::array<Fd, sandbox::kEnds> ours, theirs;
};

Result<Pipes> open_pipes() {
    Pipes pipes;
    for (std::size_t i = 0; i < sandbox::kEnds; ++i) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return Failure(errno_error("pipe"));
        const bool worker_reads = i == sandbox::kEndIn;
        pipes.ours[i] = Fd(ends[worker_reads ? 1 : 0]);
        pipes.theirs[i] = Fd(ends[worker_reads ? 0 : 1]);
    }
    return pipes;
}

}  // namespace

Pool::Pool(boost::asio::io_context& loop, const Clock& clock, Rng& rng, const Log& log,
           LaunchLink& link, Options options)
    : loop_(loop), clock_(clock), rng_(rng), log_(log), link_(link), options_(std::move(options)) {}

Pool::~Pool() = default;

Result<void> Pool::open() {
    return link_.open([this](const auto& report, Fd peak) { on_report(report, std::move(peak)); },
                      [this] { on_lost(); });
}

void Pool::start(WorkerId id, Route route) {
    auto& member = members_[id];
    member.instance_id = new_instance_id();
    begin(id, route, member);
}

void Pool::begin(WorkerId id, const Route& route, Member& member) {
    const auto fail_later = [&](std::string why) {
        boost::asio::post(loop_, [this, id, why = std::move(why)] { finish(id, {.why = why}); });
    };
    auto pipes = open_pipes();
    if (!pipes) return fail_later(pipes.error().what);
    const auto& function = route->function;
    const auto language = *language_of(function.spec.runtime);  // as the catalog made sure
    const bool forks = options_.zygotes && !without_zygote_.contains(language);
    const sandbox::Spec spec{.worker = id.n,
                             .host_uid = host_uid(function.account),
                             .tier = forks ? sandbox::Tier::zygote : sandbox::Tier::exec,
                             .language = language,
                             .limits = limits_of(function.spec)};
    if (const auto sent = link_.start(spec, route->code_folder, pipes->theirs); !sent)
        return fail_later(sent.error().what);
    member.worker = std::make_shared<Worker>(
        loop_, clock_, std::move(pipes->ours),
        Worker::Events{
            .stage =
                [this, id](std::uint8_t flag) {
                    if (flag == kInitialized) return events_.initialized(id);
                    members_.at(id).ready = true;
                    events_.ready(id);
                },
            .answer = [this, id](CallId call,
                                 Answer answer) { on_answer(id, call, std::move(answer)); },
            .silent = [this, id] { events_.silent(id); }});
    member.worker->set_up(setup_json(*route, member.instance_id, options_.region));
    member.worker->listen();
}

void Pool::stop(WorkerId id) { link_.kill(id.n); }

void Pool::run(WorkerId id, CallId call, std::string_view request_id, std::string_view event) {
    members_.at(id).worker->call(call, request_id, event);
}

const std::string& Pool::instance_id(WorkerId id) const { return members_.at(id).instance_id; }

std::string Pool::take_log(WorkerId id) { return members_.at(id).worker->take_log(); }

std::int64_t Pool::memory_bytes_peak(WorkerId id) const {
    return members_.at(id).worker->memory_bytes_peak();
}

// To no call: why it cannot start, of one that has not. More than an error's text is not kept.
void Pool::on_answer(WorkerId id, CallId call, Answer answer) {
    if (call != CallId{}) return events_.answered(id, call, std::move(answer));
    auto& member = members_.at(id);
    if (!member.ready && answer.body.size() <= kRefusalBytesMax)
        member.refusal = std::move(answer.body);
}

void Pool::on_report(const sandbox::Report& report, Fd peak) {
    using Type = sandbox::Report::Type;
    const WorkerId id{report.worker};
    if (report.type == Type::zygote_lost)
        return log_.warn("the warmed {} parent {}; workers start by exec until it is back",
                         to_text(report.language), report.text);
    const auto found = members_.find(id);
    if (found == members_.end()) return;
    auto& member = found->second;
    if (report.type == Type::started) return member.worker->set_memory_peak_file(std::move(peak));
    const auto worker = member.worker;
    if (worker) worker->read_rest();
    if (member.ready) events_.silent(id);  // what had not begun is taken back
    Ending ending{.was_ready = member.ready,
                  .out_of_memory = report.out_of_memory,
                  .memory_bytes_peak = report.memory_bytes_peak,
                  .log = worker ? worker->take_log() : ""};
    if (!ending.was_ready) ending.why = last_words(report, ending.log);
    if (const auto said = start_refusal(member.refusal, ending.log); said && !ending.was_ready) {
        ending.why = said->what;
        ending.code = said->code;
    }
    finish(id, std::move(ending));
}

void Pool::on_lost() {
    std::vector<WorkerId> all;
    for (const auto& [id, member] : members_) all.push_back(id);
    for (const auto id : all)
        finish(id, {.was_ready = members_.at(id).ready, .why = "mayfly-launch ended"});
}

void Pool::finish(WorkerId id, Ending ending) {
    if (members_.erase(id)) events_.gone(id, std::move(ending));
}

std::uint32_t Pool::host_uid(const AccountId& account) {
    const auto next = options_.first_host_uid + static_cast<std::uint32_t>(uids_.size());
    return uids_.emplace(account, next).first->second;
}

std::string Pool::new_instance_id() {
    const auto seconds =
        std::chrono::duration_cast<Seconds>(clock_.wall().time_since_epoch()).count();
    return fmt::format("c-{:08x}-{}-{}", seconds, random_hex(rng_, 4), random_hex(rng_, 6));
}

}  // namespace mayfly::workers
