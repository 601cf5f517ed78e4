// Every part built once, in floor order, what it needs passed by hand.
#pragma once

#include "auth/keys.hpp"
#include "auth/temporary_keys.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/rng.hpp"
#include "catalog/catalog.hpp"
#include "copies/copier.hpp"
#include "deliver/mailer.hpp"
#include "deliver/webhooks.hpp"
#include "door/accounts_api.hpp"
#include "door/fc2016.hpp"
#include "door/front.hpp"
#include "door/http_server.hpp"
#include "door/objects_door.hpp"
#include "door/objects_upkeep.hpp"
#include "door/own_api.hpp"
#include "door/own_events.hpp"
#include "engine/async_walk.hpp"
#include "engine/engine.hpp"
#include "io/blocking.hpp"
#include "io/scaled_timers.hpp"
#include "io/timers.hpp"
#include "meter/ledger.hpp"
#include "objects/store.hpp"
#include "queue/events.hpp"
#include "queue/sqlite_task_queue.hpp"
#include "store/blobs.hpp"
#include "store/sqlite_meta_store.hpp"
#include "traces/exporter.hpp"
#include "triggers/bus.hpp"
#include "triggers/object_events.hpp"
#include "triggers/timers.hpp"
#include "workers/dry_run.hpp"
#include "workers/launch_link.hpp"
#include "workers/log_book.hpp"
#include "workers/pool.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace mayfly {

struct WiringOptions {
    std::filesystem::path data;
    std::filesystem::path programs;  // the folder of mayfly-launch and runtimes/
    auth::AccessKey root;
    bool zygotes = true;
    int workers_max = 1000;
    int parked_max = 32;  // of each language
    // Workers use a fraction of what they may: a forked Python holds 2 MiB of its 128. So this many
    // times the machine's memory is promised to them; each one's own limit holds all the same.
    int memory_promise = 8;
    std::string webhook_allow;   // private networks that webhooks may go to; reach/guard.hpp
    std::string internet_allow;  // that functions with internetAccess may reach
    std::filesystem::path objects_replica;  // a second place for objects; empty: none
    copies::TargetOptions objects_copy;     // without a URL: nowhere
    door::Etag objects_etag = door::Etag::by_size;
    deliver::Mailer::Options mail{};
    std::optional<io::TimeScale> clock;  // of timer triggers, for tests
    bool billing_sync = false;           // no call is answered before its bill is on the disk
    std::string otlp_endpoint;           // a collector of traces, http://HOST:PORT; empty: none
    double otlp_share = 1;               // of the calls whose callers' traces nobody records
    bool verbose = false;
};

// Members in the order they depend on each other; they go in the opposite one.
struct Wiring {
    // unavailable, internal: the data folder cannot be used, with the reason.
    static Result<std::unique_ptr<Wiring>> build(const WiringOptions& options);

    Result<void> build_exporter(const WiringOptions& options);

    // Reads what was stored and makes sandboxes available; then calls can be answered.
    Task<Result<void>> open();

    std::string health() const;
    std::string copy_text() const;

    Task<> test_sandboxes();

    std::filesystem::path runtimes;
    std::string sandboxes;  // why no sandbox can be made; empty if they can

    Log log;
    boost::asio::io_context loop{1};
    io::SystemTimers timers{loop};
    io::Turns turns{loop, timers};
    SystemRng rng;
    std::unique_ptr<store::Blobs> blobs;
    io::BlockingPool blocking{2};  // its jobs use the blobs
    std::unique_ptr<objects::Store> objects;
    io::BlockingPool object_bodies{
        8};  // its jobs use the object store; most of them wait for a sync
    auth::KeyRing keys;
    auth::TemporaryKeys temporary_keys{rng};
    std::unique_ptr<store::SqliteMetaStore> meta;
    std::unique_ptr<meter::Ledger> ledger;
    std::unique_ptr<catalog::Catalog> catalog;
    workers::LogBook log_book;
    std::unique_ptr<workers::LaunchLink> link;
    std::unique_ptr<workers::Pool> pool;
    std::unique_ptr<traces::Exporter> exporter;  // null: no collector
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<queue::SqliteTaskQueue> queue;
    std::unique_ptr<queue::Events> events;  // the one way in for events of any source
    std::unique_ptr<deliver::Webhooks> webhooks;
    std::unique_ptr<deliver::Mailer> mailer;
    std::unique_ptr<engine::AsyncWalk> async_walk;
    std::unique_ptr<io::ScaledTimers> test_clock;  // none: timer triggers have the machine's
    std::unique_ptr<triggers::Timers> timer_triggers;
    std::unique_ptr<triggers::Bus> bus;
    std::unique_ptr<door::Fc2016> fc2016;
    std::unique_ptr<triggers::ObjectEvents> object_events;
    std::unique_ptr<door::OwnEvents> own_events;
    std::unique_ptr<door::AccountsApi> accounts;
    std::unique_ptr<door::RolesApi> roles;
    std::unique_ptr<door::ObjectsUpkeep> objects_upkeep;
    std::unique_ptr<door::OwnApi> own_api;
    std::unique_ptr<door::Front> front;
    std::unique_ptr<door::ObjectsDoor> objects_door;
    std::unique_ptr<copies::Copier> copier;  // null: objects are copied nowhere
    std::unique_ptr<door::HttpServer> http;
    std::unique_ptr<door::HttpServer> objects_http;  // on a port of its own, and streaming

private:
    Wiring() = default;
    void give_functions_keys();
    Result<void> build_accounts(const WiringOptions& options);
};

}  // namespace mayfly
