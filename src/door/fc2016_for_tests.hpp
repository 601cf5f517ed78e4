// Function Compute's API over a real catalog and a scripted engine. Used by the tests of door/
// only.
#pragma once

#include "auth/keys.hpp"
#include "auth/signature_memo.hpp"
#include "base/check.hpp"
#include "base/text.hpp"
#include "catalog/zip_for_tests.hpp"
#include "door/fc2016.hpp"
#include "io/run_for_tests.hpp"
#include "io/timers_manual.hpp"
#include "queue/sqlite_task_queue.hpp"
#include "store/sqlite_meta_store.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mayfly::door {

namespace json = boost::json;
using testing::HasSubstr;
using testing::MatchesRegex;

inline const AccountId account = "1234567890123456";

struct FixedClock final : Clock {
    Time now() const override { return {}; }
    WallTime wall() const override { return time; }
    WallTime time = WallTime(Seconds(0x658af93f));
};

// Answers each call with what the test has written down, and keeps the call.
struct ScriptedInvoker final : engine::Invoker {
    Task<Result<Reply>> invoke(Call call) override {
        last = std::move(call);
        CO_TRY(auto route, catalog->route(last.target));
        if (refusal) co_return Failure(*refusal);
        auto answer = reply;
        answer.route = std::move(route);
        co_return answer;
    }
    catalog::Catalog* catalog = nullptr;
    Call last;
    Reply reply;
    std::optional<Error> refusal;
};

class Fc2016Test : public testing::Test {
protected:
    Fc2016Test() {
        CHECK(io::run_task(loop_, catalog_.load()));
        invoker_.catalog = &catalog_;
        keys_.add({"ak", "secret", account});
        door_.set_api_url("http://127.0.0.1:7400");
    }

    struct Sent {
        std::string body;
        std::vector<Headers::Field> headers;
    };
    void write_request(const std::string& method, const std::string& target, Sent sent) {
        request_ = {};
        request_.method = method;
        request_.target = "/2016-08-15/" + target;
        const std::string_view whole = request_.target;
        const auto mark = whole.find('?');
        request_.path = whole.substr(0, mark);
        if (mark != whole.npos) request_.query = whole.substr(mark + 1);
        request_.body = std::move(sent.body);
        for (auto& [name, value] : sent.headers) request_.headers.add(name, value);
    }
    Response ask(const std::string& method, const std::string& target, Sent sent = {}) {
        write_request(method, target, std::move(sent));
        auto response = io::run_task(loop_, door_.answer(request_, account));
        EXPECT_THAT(std::string(response.headers.get("X-Fc-Request-Id")),
                    MatchesRegex("1-658af93f-[0-9a-f]{24}"));
        return response;
    }
    static json::object body(const Response& r) { return json::parse(r.body).as_object(); }
    static std::string error(const Response& r) {
        return fmt::format("{} {}", r.status,
                           std::string_view(body(r).at("ErrorCode").as_string()));
    }
    static std::string zip(const std::string& content) {
        return catalog::ZipForTests().file("index.py", content).bytes();
    }
    static std::string function_body(const std::string& name = "hello") {
        return json::serialize(json::object{{"functionName", name},
                                            {"runtime", "python3"},
                                            {"handler", "index.handler"},
                                            {"code", {{"zipFile", base64(zip("v1"))}}}});
    }
    void make_hello() {
        ASSERT_EQ(ask("POST", "services", {R"({"serviceName":"demo"})", {}}).status, 200);
        ASSERT_EQ(ask("POST", "services/demo/functions", {function_body(), {}}).status, 200);
    }

    static constexpr const char* invocations = "services/demo/functions/hello/invocations";

    io::TestFolder home_;
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive_{
        loop_.get_executor()};
    FixedClock clock_;
    SeededRng rng_{1};
    Log log_{Level::error};
    io::BlockingPool pool_{1};
    store::FileBlobs blobs_ = store::FileBlobs::open(home_.path() / "blobs").value();
    std::unique_ptr<store::SqliteMetaStore> meta_ =
        store::SqliteMetaStore::open(home_.path() / "meta.db", loop_.get_executor()).value();
    catalog::Catalog catalog_{{.code_folder = home_.path() / "code", .package = {}},
                              *meta_,
                              blobs_,
                              pool_,
                              clock_,
                              rng_,
                              log_};
    ScriptedInvoker invoker_;
    io::ManualTimers timers_{loop_};
    std::unique_ptr<queue::SqliteTaskQueue> queue_ =
        queue::SqliteTaskQueue::open(home_.path() / "queue.db", loop_.get_executor(), {}, {})
            .value();
    queue::Events events_{*queue_, timers_, rng_};
    deliver::Webhooks webhooks_{reach::Guard(), {}};
    deliver::Mailer mailer_{{}};
    engine::AsyncWalk walk_{
        *queue_, catalog_, invoker_, webhooks_, mailer_, timers_, rng_, log_, loop_.get_executor(),
        {}};
    auth::KeyRing keys_;
    auth::SignatureMemo memo_;
    Fc2016 door_{{.region = "here"},
                 catalog_,
                 invoker_,
                 {events_, *queue_, walk_},
                 keys_,
                 pool_,
                 clock_,
                 rng_,
                 log_};
    Request request_;
};

}  // namespace mayfly::door
