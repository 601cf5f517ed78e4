#include "engine/async_walk.hpp"

#include "base/text.hpp"
#include "catalog/destination.hpp"
#include "model/request_id.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace mayfly::engine {

using queue::Tried;

namespace {

constexpr auto kYield = Millis{5};       // until it is looked again whether others wait
constexpr auto kStarve = Seconds{1};     // rule (2)
constexpr auto kLookMost = Seconds{60};  // the wall clock may be set meanwhile
constexpr auto kDiskPause = Seconds{1};  // between tries of a disk that fails
constexpr std::string_view kMail = "mailto:";
constexpr std::size_t kResultBytesMax = 256u << 10;  // kept of an answer

bool is_mail(std::string_view url) { return url.starts_with(kMail); }

// A webhook is tried more often than a function: the other side is away more often.
constexpr queue::RetryPolicy kWebhookPolicy{.retries_max = 3};

}  // namespace

AsyncWalk::AsyncWalk(queue::TaskQueue& queue, const catalog::Catalog& catalog, Invoker& invoker,
                     deliver::Webhooks& webhooks, deliver::Mailer& mailer, io::Timers& timers,
                     Rng& rng, const Log& log, boost::asio::any_io_executor loop, Options options)
    : queue_(queue),
      catalog_(catalog),
      invoker_(invoker),
      webhooks_(webhooks),
      mailer_(mailer),
      timers_(timers),
      rng_(rng),
      log_(log),
      options_(std::move(options)),
      alarm_(timers.alarm([this] { look(); })),
      group_(std::move(loop), log) {}

Task<Result<void>> AsyncWalk::open() {
    queue_.on_waiting([this](const std::string& lane, WallTime due) {
        turns_.waits(lane, due);
        look();
    });
    CO_TRY(const auto lanes, co_await queue_.lanes());
    for (const auto& lane : lanes) turns_.waits(lane.name, lane.due);
    look();
    co_return Result<void>();
}

// Rules (2) and (3).
std::size_t AsyncWalk::room() {
    if (closing_ || turns_.out() >= options_.running_max) return 0;
    const auto left = options_.running_max - turns_.out();
    if (invoker_.sync_waiting() == 0) return left;
    return timers_.now() - last_begun_ >= kStarve ? 1 : 0;
}

// "ACCOUNT/SERVICE/FUNCTION". The limit of LATEST holds for all qualifiers of a function.
std::size_t AsyncWalk::limit_of(const std::string& lane) const {
    const auto parts = split(lane, '/');
    if (parts.size() != 3) return options_.lane_max;
    const auto config = catalog_.async().effective(
        {std::string(parts[0]), std::string(parts[1]), "", std::string(parts[2])});
    return config.concurrency > 0 ? static_cast<std::size_t>(config.concurrency)
                                  : options_.lane_max;
}

// Begins what there is room for, and sets the alarm for what comes next.
void AsyncWalk::look() {
    const auto now = timers_.wall();
    const auto room = this->room();
    if (room > 0) {
        auto shares =
            turns_.take(now, room, [this](const std::string& lane) { return limit_of(lane); });
        if (!shares.empty()) last_begun_ = timers_.now();
        for (auto& share : shares) group_.spawn("lease events", lease(std::move(share)));
    }
    if (closing_) return alarm_->set(Time::max());
    Micros wait = kLookMost;
    if (turns_.next() != WallTime::max())
        wait = std::clamp<Micros>(turns_.next() - now, Micros{0}, wait);
    const bool full = turns_.out() >= options_.running_max;  // then an end comes here
    if (full) wait = kLookMost;
    else if (room == 0) wait = std::max<Micros>(wait, kYield);
    if (!full && room == 0 && turns_.anything_ready()) wait = kYield;
    const bool idle = turns_.next() == WallTime::max() && !turns_.anything_ready();
    alarm_->set(idle ? Time::max() : timers_.now() + wait);
}

Task<> AsyncWalk::lease(queue::Turns::Share share) {
    const auto now = timers_.wall();
    auto leased = co_await queue_.lease(
        {.lane = share.lane, .count = share.count, .now = now, .until = now + options_.lease});
    if (!leased) {
        log_.warn("events of {} wait for the disk: {}", share.lane, leased.error().what);
        turns_.taken(share, 0, now + kDiskPause);
        co_return look();
    }
    turns_.taken(share, leased->tasks.size(), leased->next_due);
    for (auto& task : leased->tasks) {
        leases_.emplace(task.ref.n, task.ref);
        group_.spawn("event", walk(std::move(task)));
    }
    look();
}

Task<> AsyncWalk::walk(queue::Leased task) {
    auto settled = co_await run(task);
    const auto refused = settled.attempt.how == Tried::How::refused;
    // What one of them was refused, the others of the lane would be too.
    if (const auto* again = std::get_if<queue::TryAgain>(&settled.step); again && refused)
        turns_.hold(task.lane, std::min(again->at, timers_.wall() + kDiskPause));
    co_await settle(task, std::move(settled));
    leases_.erase(task.ref.n);
    turns_.ended(task.lane);
    look();
}

Task<AsyncWalk::Settled> AsyncWalk::run(const queue::Leased& task) {
    Settled settled;
    const auto began = timers_.wall();
    const auto give_up = [&](std::string_view cause, std::string_view outcome, std::string what) {
        settled.attempt = {.how = Tried::How::useless,
                           .began = began,
                           .ended = began,
                           .outcome = outcome,
                           .answer = std::move(what)};
        settled.step = queue::GiveUp{cause};
    };
    auto event = queue::to_event(task.id, task.head, task.body);
    if (!event) {
        give_up(queue::kInvalid, "unreadable", event.error().what);
        co_return settled;
    }
    settled.event = *std::move(event);
    const auto& e = settled.event;
    const bool webhook = !e.url.empty();
    settled.config = catalog_.async().effective(e.target);
    auto policy = kWebhookPolicy;
    if (!webhook) {
        policy.retries_max = settled.config.retries_max;
        policy.age_max = settled.config.age_max;
    }
    if (queue::is_expired(task.first_due, began, policy)) {
        give_up(
            queue::kExpired, "expired",
            fmt::format("it waited longer than its maximum age of {} s", policy.age_max.count()));
        co_return settled;
    }
    if (e.depth > queue::kDepthMax) {
        give_up(queue::kLoop, "loop",
                fmt::format("{} events led to it, each caused by the one before (the last was {}): "
                            "it is taken for a loop; change what its cause publishes or triggers",
                            e.depth, e.parent));
        co_return settled;
    }
    settled.attempt = co_await (webhook ? post(e) : call(e, task.attempts - 1));
    const Tried tried{.how = settled.attempt.how,
                      .failures = task.failures,
                      .refusals = task.refusals,
                      .first_due = task.first_due,
                      .now = settled.attempt.ended,
                      .chance = static_cast<double>(rng_.next() >> 11) * 0x1p-53};
    settled.step = queue::next_step(tried, policy);
    co_return settled;
}

Task<Attempt> AsyncWalk::call(const queue::Event& event, int retry_count) {
    Attempt attempt{.began = timers_.wall()};
    Call call{.request_id = event.id,
              .trigger = event.trigger,
              .target = event.target,
              .body = event.body,
              .http = event.http,
              .async = true,
              .retry_count = retry_count,
              .caused_by = CausedBy{event.trigger_name, event.id, event.depth}};
    if (event.cause_span)
        call.caller_span = std::make_shared<const TraceContext>(*event.cause_span);
    auto reply = co_await invoker_.invoke(std::move(call));
    attempt.ended = timers_.wall();
    if (!reply) {
        attempt.how = queue::how_ended(reply.error().kind);
        attempt.outcome = "refused";
        attempt.answer = std::move(reply.error().what);
        attempt.code = std::move(reply.error().code);
        co_return attempt;
    }
    attempt.ran = true;
    attempt.how = reply->outcome == Outcome::ok ? Tried::How::ok : Tried::How::failed;
    attempt.outcome = to_text(reply->outcome);
    attempt.answer = std::move(reply->body);
    attempt.instance_id = std::move(reply->instance_id);
    attempt.span = std::move(reply->span);
    attempt.cold = reply->start == Start::cold;
    co_return attempt;
}

Task<Attempt> AsyncWalk::post(const queue::Event& event) {
    Attempt attempt{.began = timers_.wall()};
    auto answer =
        is_mail(event.url)
            ? co_await mailer_.send(event.id, event.body, attempt.began)
            : co_await webhooks_.send({.url = event.url, .id = event.id, .body = event.body});
    attempt.ended = timers_.wall();
    attempt.how = answer ? Tried::How::ok : queue::how_ended(answer.error().kind);
    attempt.outcome = answer ? "ok" : "refused";
    if (answer) {
        attempt.answer = *std::move(answer);
    } else {
        attempt.answer = std::move(answer.error().what);
        attempt.code = std::move(answer.error().code);
    }
    co_return attempt;
}

// Rule (1).
Task<> AsyncWalk::settle(const queue::Leased& task, Settled settled) {
    for (;;) {
        const auto written = co_await write_end(task, settled);
        if (written) co_return;
        if (written.error().kind == Kind::conflict) {
            log_.error("event {} ran, but its lease was over: {}", task.id, written.error().what);
            co_return;
        }
        log_.warn("the end of event {} waits for the disk: {}", task.id, written.error().what);
        co_await timers_.until(timers_.now() + kDiskPause);
    }
}

Task<Result<void>> AsyncWalk::write_end(const queue::Leased& task, const Settled& settled) {
    const auto& attempt = settled.attempt;
    if (const auto* again = std::get_if<queue::TryAgain>(&settled.step)) {
        using Why = queue::Again::Why;
        co_return co_await queue_.nack(
            task.ref, {.why = attempt.how == Tried::How::refused ? Why::refused : Why::failed,
                       .due = again->at,
                       .note = story_line(attempt, again->at)});
    }
    queue::Ending ending{.at = attempt.ended,
                         .note = story_line(attempt, {}),
                         .result = attempt.answer.substr(0, kResultBytesMax)};
    const auto* gave_up = std::get_if<queue::GiveUp>(&settled.step);
    if (gave_up) {
        ending.cause = gave_up->cause;
        ending.signature = queue::signature_of(attempt.answer);
        log_.warn("event {} of {} is dead after {} attempts: {}: {}", task.id, task.lane,
                  task.attempts, gave_up->cause, queue::failure_text(attempt.answer));
    }
    ending.caused = caused_by(settled, task.attempts, ending.cause);
    if (gave_up) co_return co_await queue_.dead(task.ref, std::move(ending));
    co_return co_await queue_.ack(task.ref, std::move(ending));
}

std::vector<queue::NewTask> AsyncWalk::caused_by(const Settled& settled, int attempts,
                                                 std::string_view condition) {
    const auto& event = settled.event;
    const bool ok = settled.attempt.how == Tried::How::ok;
    const auto& destination = ok ? settled.config.on_success : settled.config.on_failure;
    if (destination.empty() || !event.url.empty() || event.target.function.empty()) return {};
    auto where = catalog::parse_destination(destination, event.target.account);
    if (!where) {
        log_.error("destination of {}/{}: {}", event.target.service, event.target.function,
                   where.error().what);
        return {};
    }
    std::vector<queue::NewTask> caused;
    if (where->bus && from_answer_) {
        for (auto& next : from_answer_(event, settled.attempt.answer, ok)) {
            next.cause_span = settled.attempt.span;
            caused.push_back(queue::to_task(std::move(next), settled.attempt.ended));
        }
        return caused;
    }
    queue::Event next{.id = new_request_id(timers_, rng_),
                      .target = std::move(where->target),
                      .url = std::move(where->url),
                      .trigger = "destination",
                      .trigger_name = ok ? "onSuccess" : "onFailure",
                      .body = {},
                      .depth = event.depth + 1,
                      .parent = event.id,
                      .cause_span = settled.attempt.span};
    if (next.url == kMail) {  // the answer is the mail, and no answer is none
        next.body = settled.attempt.answer.substr(0, kResultBytesMax);
        if (next.body.empty() || next.body == "null") return {};
    } else {
        next.body = outcome_json(event, settled.attempt, attempts, condition, options_.region);
        if (is_mail(next.url))
            next.body = outcome_mail(event, next.url.substr(kMail.size()), ok, next.body);
    }
    caused.push_back(queue::to_task(std::move(next), settled.attempt.ended));
    return caused;
}

Task<Result<queue::State>> AsyncWalk::stop(std::string id) {
    CO_TRY(const auto state, co_await queue_.cancel(id, timers_.wall()));
    if (state == queue::State::leased) invoker_.stop_call(id);
    co_return state;
}

Task<> AsyncWalk::tend() {
    for (;;) {
        co_await timers_.until(timers_.now() + options_.lease / 5);
        if (!leases_.empty()) {
            std::vector<queue::Ref> held;
            for (const auto& [_, ref] : leases_) held.push_back(ref);
            const auto until = timers_.wall() + options_.lease;
            if (const auto kept = co_await queue_.extend(std::move(held), until); !kept)
                log_.warn("leases of events wait for the disk: {}", kept.error().what);
        }
        for (bool more = true; more;)
            more = (co_await queue_.trim(timers_.wall(), options_.closed, options_.dead))
                       .value_or(false);  // a disk that fails is met again in a minute
    }
}

}  // namespace mayfly::engine
