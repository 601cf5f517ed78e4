#include "main/wiring.hpp"

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "engine/memory_watch.hpp"
#include "sandbox/commands.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <unistd.h>

#include <thread>

namespace mayfly {

namespace {

// One that comes back within it is not worth 5 ms of work and 1 ms of its call (docs/limits.md).
constexpr Seconds kPageOutAfter{10};

// Servers of one machine share its control groups: each has its own name there, the same after a
// restart.
std::string name_of(const std::filesystem::path& data) {
    return hex(sha256(std::filesystem::weakly_canonical(data).string())).substr(0, 12);
}

std::int64_t machine_memory_mb() {
    return (std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE)) >> 20;
}

// An object's event becomes one of the queue's; its name keeps it from being taken twice.
Task<triggers::Tried> hand_over(queue::Events& events, triggers::ObjectEvents::Event event) {
    const auto taken = co_await events.accept({.target = std::move(event.target),
                                               .trigger = "oss",
                                               .trigger_name = std::move(event.trigger),
                                               .body = std::move(event.body),
                                               .task_id = std::move(event.once),
                                               .depth = event.depth,
                                               .parent = std::move(event.parent),
                                               .cause_span = parse_trace(event.traceparent, "")});
    co_return taken ? triggers::Tried::taken : triggers::tried_of(taken.error());
}

}  // namespace

Result<std::unique_ptr<Wiring>> Wiring::build(const WiringOptions& options) {
    std::unique_ptr<Wiring> w(new Wiring);
    w->log = Log(options.verbose ? Level::debug : Level::info);
    w->keys.add(options.root);
    const auto executor = w->loop.get_executor();
    TRY(w->meta, store::SqliteMetaStore::open(options.data / "meta.db", executor));
    TRY(auto blobs, store::FileBlobs::open(options.data / "blobs"));
    w->blobs = std::make_unique<store::FileBlobs>(std::move(blobs));
    TRY(w->objects, objects::Store::open(options.data / "objects", executor, w->object_bodies,
                                         w->timers, w->rng, w->log, options.objects_replica));
    TRY(w->ledger, meter::Ledger::open(options.data / "meter.db", executor,
                                       {.sync_always = options.billing_sync}, w->log));
    w->catalog = std::make_unique<catalog::Catalog>(
        catalog::Catalog::Options{.code_folder = options.data / "code",
                                  .package = {},
                                  .languages = sandbox::languages_here()},
        *w->meta, *w->blobs, w->blocking, w->timers, w->rng, w->log);
    w->runtimes = options.programs / "runtimes";
    w->link = std::make_unique<workers::LaunchLink>(
        w->loop, w->log,
        workers::LaunchOptions{.program = options.programs / "mayfly-launch",
                               .runtimes = w->runtimes,
                               .key = name_of(options.data),
                               .relay = options.programs / "mayfly-net",
                               .internet_allow = options.internet_allow});
    w->pool = std::make_unique<workers::Pool>(
        w->loop, w->timers, w->turns, w->rng, w->log, *w->link,
        workers::Pool::Options{.zygotes = options.zygotes, .parked = {.most = options.parked_max}});
    engine::Engine::Options limits;
    limits.scheduler.workers_max = options.workers_max;
    limits.workers_max_per_function =
        std::min(limits.workers_max_per_function, options.workers_max);
    limits.scheduler.memory_mb_max = options.memory_promise * machine_memory_mb();
    if (engine::has_swap(read_file("/proc/meminfo").value_or("")))
        limits.scheduler.page_out_after = kPageOutAfter;
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    limits.scheduler.crew = cores + 1;
    limits.scheduler.starts = 4 * cores;
    w->engine = std::make_unique<engine::Engine>(*w->catalog, *w->pool, w->log_book, *w->ledger,
                                                 w->timers, w->rng, w->log, limits);
    TRYV(w->build_exporter(options));
    w->catalog->on_retired([engine = w->engine.get()](FunctionId id) { engine->retire(id); });
    w->catalog->on_published([engine = w->engine.get()](const Route& r) { engine->published(r); });
    TRY(w->queue,
        queue::SqliteTaskQueue::open(options.data / "queue.db", executor, w->timers.wall(), {}));
    w->events = std::make_unique<queue::Events>(*w->queue, w->timers, w->rng);
    TRY(auto guard, reach::Guard::allowing(options.webhook_allow));
    TRYV(reach::Guard::allowing(options.internet_allow));  // mayfly-net's own
    w->webhooks =
        std::make_unique<deliver::Webhooks>(std::move(guard), deliver::Webhooks::Options{});
    TRY(auto mail, deliver::Mailer::checked(options.mail));
    w->mailer = std::make_unique<deliver::Mailer>(std::move(mail));
    engine::AsyncWalk::Options async;
    async.running_max =
        std::min(async.running_max, static_cast<std::size_t>(std::max(1, options.workers_max / 2)));
    w->async_walk =
        std::make_unique<engine::AsyncWalk>(*w->queue, *w->catalog, *w->engine, *w->webhooks,
                                            *w->mailer, w->timers, w->rng, w->log, executor, async);
    if (options.clock)
        w->test_clock = std::make_unique<io::ScaledTimers>(w->timers, *options.clock);
    io::Timers& clock = w->test_clock ? static_cast<io::Timers&>(*w->test_clock) : w->timers;
    const auto pace = options.clock ? std::max(1.0, options.clock->factor) : 1.0;
    w->timer_triggers =
        std::make_unique<triggers::Timers>(*w->catalog, *w->events, *w->queue, clock, w->log,
                                           executor, Micros(static_cast<Micros::rep>(5e6 * pace)));
    w->bus = std::make_unique<triggers::Bus>(*w->catalog, *w->events, w->timers, w->rng);
    w->async_walk->on_bus([bus = w->bus.get()](const auto& cause, const auto& answer, bool ok) {
        return bus->from_answer(cause, answer, ok);
    });
    w->fc2016 = std::make_unique<door::Fc2016>(
        door::Fc2016::Options{.default_account = options.root.account}, *w->catalog, *w->engine,
        door::Fc2016::Async{*w->events, *w->queue, *w->async_walk}, w->keys, w->blocking, w->timers,
        w->rng, w->log);
    w->object_events = std::make_unique<triggers::ObjectEvents>(
        triggers::ObjectEvents::Options{}, *w->catalog, *w->objects,
        [events = w->events.get()](triggers::ObjectEvents::Event event) {
            return hand_over(*events, std::move(event));
        },
        w->timers, w->log);
    w->catalog->on_trigger([raw = w.get()](const Trigger& trigger, bool gone) {
        const auto& type = trigger.spec.type;
        if (type == "oss") raw->object_events->refresh();
        if (type == "timer") raw->timer_triggers->changed(trigger, gone);
        if (type == "eventbridge") raw->bus->refresh();
    });
    w->own_events = std::make_unique<door::OwnEvents>(
        *w->catalog, *w->events, *w->queue, *w->async_walk, *w->timer_triggers, *w->bus, w->timers);
    w->fc2016->set_supply(*w->engine);
    TRYV(w->build_accounts(options));
    w->objects_upkeep = std::make_unique<door::ObjectsUpkeep>(
        *w->objects, w->timers, options.root.account, [raw = w.get()] { return raw->copy_text(); });
    w->own_api = std::make_unique<door::OwnApi>(w->log_book, *w->ledger, *w->accounts, *w->roles,
                                                *w->object_events, *w->bus, *w->own_events,
                                                *w->objects_upkeep, w->timers, w->rng);
    w->front = std::make_unique<door::Front>(w->keys, *w->fc2016, *w->own_api, w->timers, w->rng,
                                             w->log, [raw = w.get()] { return raw->health(); });
    w->http = std::make_unique<door::HttpServer>(
        w->loop, w->timers, w->turns, w->log, door::HttpServer::Options{},
        [front = w->front.get()](door::Request& request) { return front->answer(request); },
        &door::Front::body_plan);
    w->objects_door = std::make_unique<door::ObjectsDoor>(
        door::ObjectsDoor::Options{.etag = options.objects_etag}, *w->objects, w->keys, w->timers,
        w->rng, w->log);
    w->objects_http = std::make_unique<door::HttpServer>(
        w->loop, w->timers, w->turns, w->log,
        // Each connection may hold a piece of a body or two: their number bounds the memory.
        door::HttpServer::Options{.connections_max = 1000, .streams = true},
        [door = w->objects_door.get()](door::Request& request) { return door->answer(request); },
        [](std::string_view, std::string_view) { return door::BodyPlan{}; });
    if (!options.objects_copy.url.empty()) {
        TRY(auto target, copies::S3Target::from(options.objects_copy));
        w->copier =
            std::make_unique<copies::Copier>(std::move(target), *w->objects, w->timers, w->log);
    }
    w->give_functions_keys();
    return w;
}

// Functions of services with a role call the platform from inside their sandbox.
void Wiring::give_functions_keys() {
    front->set_temporary_keys(temporary_keys);
    fc2016->set_temporary_keys(temporary_keys);
    engine->set_credentials([this](const Revision& revision, WallTime good_until,
                                   const std::optional<CausedBy>& cause, const TraceContext* span) {
        const auto& f = revision.function;
        const auto made =
            temporary_keys.make(f.account, f.service, f.spec.name, revision.service.role,
                                good_until, cause, span ? traceparent(*span) : "");
        return boost::json::serialize(boost::json::object{{"access_key_id", made.key.id},
                                                          {"access_key_secret", made.key.secret},
                                                          {"security_token", made.token}});
    });
    objects_door->set_temporary_keys(temporary_keys);
    objects_door->set_roles(*roles);
    pool->serve_doors([this](sandbox::Door which, Fd listening) {
        auto& server = which == sandbox::kDoorObjects ? *objects_http : *http;
        return server.serve(std::move(listening));
    });
}

Result<void> Wiring::build_exporter(const WiringOptions& options) {
    if (options.otlp_endpoint.empty()) return {};
    auto collector = io::HttpClient::to(options.otlp_endpoint);
    if (!collector)
        return fail(Kind::invalid, fmt::format("the collector of traces: {} (OTLP over HTTP, "
                                               "http://127.0.0.1:4318 say; not https)",
                                               collector.error().what));
    exporter = std::make_unique<traces::Exporter>(loop.get_executor(), *std::move(collector),
                                                  traces::ExporterOptions{}, rng, log);
    engine->record_spans([this](traces::CallSpan span) { exporter->take(std::move(span)); },
                         options.otlp_share);
    return {};
}

Result<void> Wiring::build_accounts(const WiringOptions& options) {
    const auto file = options.data / "accounts.json";
    auth::Accounts known(options.root.account);
    if (const auto text = read_file(file)) {
        TRY(known, auth::Accounts::from_text(*text, options.root.account));
    } else if (text.error().kind != Kind::not_found) {
        return Failure(text.error());
    }
    accounts = std::make_unique<door::AccountsApi>(
        std::move(known), file, blocking, rng, [this](const auth::Account& account) {
            if (!account.key.id.empty()) keys.add(account.key);
            engine->allow(account.id, {.weight = account.allowance.weight,
                                       .workers_max = account.allowance.instances_max,
                                       .budget_gb_seconds = account.allowance.budget_gb_seconds});
        });
    const auto roles_file = options.data / "roles.json";
    auth::Roles known_roles;
    if (const auto text = read_file(roles_file)) {
        TRY(known_roles, auth::Roles::from_text(*text));
    } else if (text.error().kind != Kind::not_found) {
        return Failure(text.error());
    }
    roles = std::make_unique<door::RolesApi>(std::move(known_roles), roles_file, blocking);
    return {};
}

Task<Result<void>> Wiring::open() {
    CO_TRYV(co_await catalog->load());
    object_events->refresh();
    CO_TRYV(pool->open());
    co_await test_sandboxes();
    engine->open();
    catalog->scalings().on_changed(
        [raw = engine.get()](const catalog::ScalingKey& key, const Scaling& scaling) {
            raw->scale(key, scaling);
        });
    for (const auto language : sandbox::languages_here()) pool->begin_parking(language);
    timer_triggers->open();
    bus->refresh();
    co_await timer_triggers->count_missed();
    co_return co_await async_walk->open();
}

// A warmed parent that cannot make workers is given up; where plain exec cannot either, calls will
// be told why, and all the rest is served.
Task<> Wiring::test_sandboxes() {
    for (const auto language : sandbox::languages_here()) {
        auto tested = co_await workers::dry_run(*pool, timers, runtimes, language);
        if (!tested && sandbox::has_zygote(language)) {
            log.warn("the warmed {} parent fails its test ({}); its workers start by exec",
                     to_text(language), tested.error().what);
            pool->give_up_zygotes(language);
            tested = co_await workers::dry_run(*pool, timers, runtimes, language);
        }
        if (tested) continue;
        sandboxes = tested.error().what;
        log.error("no {} function can run here: {}", to_text(language), sandboxes);
    }
}

std::string Wiring::copy_text() const { return copier ? copier->text() : "none"; }

std::string Wiring::health() const {
    const auto counts = engine->counts();
    const auto& missing = link->missing();
    std::string parked;
    for (const auto language : sandbox::languages_here())
        parked += fmt::format(" {} {}", to_text(language), pool->parked(language));
    return fmt::format(
        "ready\nsandbox {}\ninternet {}\nworkers starting {} busy {} idle {} stopping "
        "{}\nparked{}\n"
        "workers provisioned {}\n"
        "workers memory {} MB\ncalls open {} waiting {}\nhooks open {}\nevents waiting {}\n"
        "connections {}\nobject connections {}\nobjects replica {}\nobjects copy {}\nledger "
        "dropped {}\n",
        !sandboxes.empty() ? "none: " + sandboxes
        : missing.empty()  ? "full"
                           : "weaker: " + missing,
        pool->no_internet().empty() ? "ready" : "none: " + pool->no_internet(), counts.starting,
        counts.busy, counts.idle, counts.stopping, parked, counts.provisioned, counts.memory_mb,
        engine->open_calls(), counts.waiting, engine->open_hooks(),
        objects->outbox().size().value_or(-1), http->connections(), objects_http->connections(),
        objects->replica(), copy_text(), ledger->dropped());
}

}  // namespace mayfly
