#include "door/fc2016_for_tests.hpp"

namespace mayfly::door {
namespace {

constexpr const char* config_path = "services/demo/functions/hello/async-invoke-config";
constexpr const char* tasks_path = "services/demo/functions/hello/stateful-async-invocations";
const Headers::Field as_async{"X-Fc-Invocation-Type", "Async"};

class Fc2016AsyncTest : public Fc2016Test {
protected:
    Response call(const std::string& event, std::vector<Headers::Field> more = {}) {
        more.push_back(as_async);
        return ask("POST", invocations, {event, more});
    }
    std::vector<queue::Item> kept() {
        return io::run_task(loop_, queue_->list({.bodies = true})).value().items;
    }
};

TEST_F(Fc2016AsyncTest, AnAcceptedCallIsInTheQueueAndHasNotRun) {
    make_hello();
    const auto response = call("event");
    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(response.body, "");
    const auto items = kept();
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].id, response.headers.get("X-Fc-Request-Id"));
    EXPECT_EQ(items[0].lane, account + "/demo/hello");
    EXPECT_EQ(items[0].body, "event");
    EXPECT_EQ(invoker_.last.body, "");
}

TEST_F(Fc2016AsyncTest, WhatCannotBeAcceptedIsSaidAtOnce) {
    make_hello();
    EXPECT_EQ(error(call(std::string((128u << 10) + 1, 'x'))), "400 EntityTooLarge");
    EXPECT_EQ(call(std::string(128u << 10, 'x')).status, 202);
    EXPECT_EQ(error(call("", {{"X-Fc-Log-Type", "Tail"}})), "400 InvalidArgument");
    EXPECT_EQ(error(ask("POST", "services/demo/functions/no/invocations", {"", {as_async}})),
              "404 FunctionNotFound");
    const Headers::Field named{"X-Fc-Stateful-Async-Invocation-Id", "job_1"};
    EXPECT_EQ(call("", {named}).headers.get("X-Fc-Stateful-Async-Invocation-Id"), "job_1");
    EXPECT_EQ(error(call("", {named})), "409 StatefulAsyncInvocationAlreadyExists");
    EXPECT_EQ(error(call("", {{"X-Fc-Stateful-Async-Invocation-Id", "1job"}})),
              "400 InvalidArgument");
    EXPECT_EQ(kept().size(), 2u);
}

TEST_F(Fc2016AsyncTest, AConfigIsPutReadListedAndDeleted) {
    make_hello();
    EXPECT_EQ(error(ask("GET", config_path)), "404 AsyncConfigNotExists");
    const auto made = body(ask("PUT", config_path,
                               {R"({"maxAsyncRetryAttempts":1,"statefulInvocation":true,
        "destinationConfig":{"onFailure":{"destination":"https://example.com/x"},"onSuccess":null}})",
                                {}}));
    EXPECT_EQ(made.at("qualifier"), "LATEST");
    EXPECT_EQ(made.at("maxAsyncEventAgeInSeconds"), 86400);
    const auto changed =
        body(ask("PUT", config_path, {R"({"maxAsyncEventAgeInSeconds":100})", {}}));
    EXPECT_EQ(changed.at("maxAsyncRetryAttempts"), 1);
    EXPECT_EQ(changed.at("destinationConfig").at("onFailure").at("destination"),
              "https://example.com/x");
    EXPECT_TRUE(changed.at("destinationConfig").at("onSuccess").is_null());
    EXPECT_EQ(body(ask("GET", config_path)), changed);
    EXPECT_EQ(body(ask("GET", std::string(config_path) + "s")).at("configs").as_array().size(), 1u);
    EXPECT_EQ(body(ask("GET", "stateful-async-invocation-functions")).at("data").as_array().size(),
              1u);
    const auto missing = ask("PUT", config_path,
                             {R"({"destinationConfig":{"onSuccess":{"destination":
        "acs:fc:here:1234567890123456:services/demo/functions/missing"}}})",
                              {}});
    EXPECT_EQ(error(missing), "400 InvalidArgument");
    EXPECT_THAT(missing.body, HasSubstr("does not exist"));
    EXPECT_EQ(error(ask("PUT", config_path, {"[", {}})), "400 InvalidArgument");
    EXPECT_EQ(ask("DELETE", config_path).status, 204);
    EXPECT_EQ(error(ask("DELETE", config_path)), "404 AsyncConfigNotExists");
}

TEST_F(Fc2016AsyncTest, AConfigGoesWithItsFunction) {
    make_hello();
    ASSERT_EQ(ask("PUT", config_path, {"{}", {}}).status, 200);
    ASSERT_EQ(ask("DELETE", "services/demo/functions/hello").status, 204);
    ASSERT_EQ(ask("POST", "services/demo/functions", {function_body(), {}}).status, 200);
    EXPECT_EQ(error(ask("GET", config_path)), "404 AsyncConfigNotExists");
}

TEST_F(Fc2016AsyncTest, TasksRunAreListedAndStopped) {
    make_hello();
    for (const auto* id : {"a_1", "a_2", "b_1"})
        ASSERT_EQ(call(id, {{"X-Fc-Stateful-Async-Invocation-Id", id}}).status, 202);
    const auto list = [&](const std::string& query) {
        const auto all = body(ask("GET", std::string(tasks_path) + query)).at("invocations");
        std::string ids;
        if (all.is_array())
            for (const auto& task : all.get_array()) {
                ids += task.at("invocationId").as_string();
                ids += ' ';
            }
        return ids;
    };
    EXPECT_EQ(list(""), "b_1 a_2 a_1 ");
    EXPECT_EQ(list("?invocationIdPrefix=a&sortOrderByTime=asc"), "a_1 a_2 ");
    EXPECT_EQ(list("?status=Succeeded"), "");
    EXPECT_EQ(error(ask("GET", std::string(tasks_path) + "?status=Nothing")),
              "400 InvalidArgument");
    EXPECT_EQ(ask("PUT", std::string(tasks_path) + "/a_2").status, 204);
    EXPECT_EQ(error(ask("PUT", std::string(tasks_path) + "/a_2")), "412 AsyncInvocationStopped");
    EXPECT_EQ(error(ask("GET", std::string(tasks_path) + "/c")),
              "404 StatefulAsyncInvocationNotFound");

    invoker_.reply.body = "answer";
    ASSERT_TRUE(io::run_task(loop_, walk_.open()));
    const auto status = [&](const std::string& id) {
        return std::string(
            body(ask("GET", std::string(tasks_path) + "/" + id)).at("status").as_string());
    };
    // Not further at once: the queue has a thread of its own, and no task may grow old meanwhile.
    while (status("b_1") != "Succeeded" || status("a_1") != "Succeeded")
        timers_.run_until(timers_.now() + Millis{1});
    EXPECT_EQ(list("?status=Succeeded&limit=1"), "b_1 ");
    EXPECT_EQ(status("a_2"), "Stopped");
    const auto done = body(ask("GET", std::string(tasks_path) + "/a_1"));
    EXPECT_EQ(done.at("returnPayload"), "answer");
    EXPECT_EQ(done.at("invocationPayload"), "a_1");
    EXPECT_EQ(done.at("alreadyRetriedTimes"), 0);
    EXPECT_EQ(error(ask("PUT", std::string(tasks_path) + "/a_1")), "400 InvalidArgument");
    EXPECT_TRUE(invoker_.last.async);
}

}  // namespace
}  // namespace mayfly::door
