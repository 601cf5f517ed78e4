#include "triggers/object_events.hpp"

#include "catalog/oss_trigger.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::triggers {

namespace json = boost::json;

namespace {

// Who an event is for, as the outbox keeps it.
std::string target_text(const Trigger& trigger) {
    return json::serialize(json::object{{"account", trigger.account},
                                        {"service", trigger.service},
                                        {"qualifier", trigger.spec.qualifier},
                                        {"function", trigger.function},
                                        {"trigger", trigger.spec.name}});
}

struct Addressee {
    Target target;
    std::string trigger;
};

Addressee addressee(const std::string& text) {
    const auto o = json::parse(text).as_object();
    const auto of = [&](const char* name) { return std::string(o.at(name).as_string()); };
    return {.target = {.account = of("account"),
                       .service = of("service"),
                       .qualifier = of("qualifier"),
                       .function = of("function")},
            .trigger = of("trigger")};
}

constexpr std::size_t kMissedMax = 1000;

}  // namespace

ObjectEvents::ObjectEvents(Options options, const catalog::Catalog& catalog, objects::Store& store,
                           Deliver deliver, io::Timers& timers, const Log& log)
    : options_(std::move(options)),
      catalog_(catalog),
      store_(store),
      deliver_(std::move(deliver)),
      timers_(timers),
      log_(log) {}

void ObjectEvents::refresh() {
    objects::Watches watches;
    for (const auto& trigger : catalog_.triggers_of("oss")) {
        const auto watch = catalog::read_oss_trigger(trigger.spec);
        if (!watch) continue;  // it was checked when it was made
        watches.push_back({.target = target_text(trigger),
                           .name = objects::watch_name(trigger.account, trigger.service,
                                                       trigger.function, trigger.spec.name),
                           .rule = trigger.id,
                           .region = options_.region,
                           .account = trigger.account,
                           .bucket = watch->bucket,
                           .events = watch->events,
                           .prefix = watch->prefix,
                           .suffix = watch->suffix,
                           .s3_shape = watch->s3_events});
    }
    store_.set_watches(std::move(watches));
}

Task<> ObjectEvents::run(io::TaskGroup& tasks) {
    tasks_ = &tasks;
    wake_ = timers_.alarm([this] { pump(); });
    store_.on_outbox([this] { pump(); });
    store_.on_near_miss([this](const objects::NearMiss& miss) {
        missed_.push_front(miss);
        if (missed_.size() > kMissedMax) missed_.pop_back();
    });
    pump();
    co_await timers_.until(Time::max());
}

std::vector<ObjectEvents::NearMiss> ObjectEvents::near_misses(const AccountId& account,
                                                              std::string_view service,
                                                              std::string_view function) const {
    std::vector<NearMiss> found;
    for (const auto& miss : missed_) {
        auto whose = addressee(miss.target);
        if (whose.target.account == account && whose.target.service == service &&
            whose.target.function == function)
            found.push_back({std::move(whose.trigger), miss});
    }
    return found;
}

// Starts what is due while there is room, and sets the alarm for what comes next.
void ObjectEvents::pump() {
    if (!tasks_ || under_way_.size() >= options_.under_way_max) return;
    const auto now = timers_.wall();
    // Those under way are still in the outbox, and may be the oldest.
    const auto due =
        store_.outbox().due(now, static_cast<int>(options_.under_way_max + under_way_.size()));
    if (!due) {
        log_.error("events of objects cannot be read: {}", due.error().what);
        return wake_->set(timers_.now() + Seconds{1});
    }
    for (const auto& event : *due) {
        if (under_way_.size() >= options_.under_way_max) return;
        if (!under_way_.insert(event.id).second) continue;
        tasks_->spawn("object event", deliver_one(event));
    }
    const auto next = store_.outbox().next_due(now);
    if (next && *next) wake_->set(timers_.now() + (**next - now));
}

Task<> ObjectEvents::deliver_one(objects::OutboxEvent event) {
    const auto whom = addressee(event.target);
    // The time is part of the name: numbers begin again where the store is made anew.
    const auto once = fmt::format("oss-{}-{}", event.id, event.since.time_since_epoch().count());
    const auto tried = co_await deliver_({.once = once,
                                          .target = whom.target,
                                          .trigger = whom.trigger,
                                          .body = event.event,
                                          .parent = event.parent,
                                          .depth = event.depth,
                                          .traceparent = event.traceparent});
    const auto again = next_try(tried, event.tries, event.since, timers_.wall(), options_.rules);
    if (!again && tried != Tried::taken)
        log_.warn("an object's event for {}/{} is given up after {} tries: nobody takes it",
                  whom.target.service, whom.target.function, event.tries + 1);
    const auto kept = again ? co_await store_.outbox().later(event.id, *again)
                            : co_await store_.outbox().handled(event.id);
    if (!kept) log_.error("the outbox of objects cannot be written: {}", kept.error().what);
    under_way_.erase(event.id);
    pump();
}

}  // namespace mayfly::triggers
