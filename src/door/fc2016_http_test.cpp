// Http triggers: their configuration over the API, and the walk of a call to one.
#include "auth/fc_signature.hpp"
#include "auth/http_date.hpp"
#include "door/fc2016_for_tests.hpp"
#include "door/front.hpp"

namespace mayfly::door {
namespace {

class HttpTriggerTest : public Fc2016Test {
protected:
    HttpTriggerTest() {
        make_hello();
        invoker_.reply = {.body = "body",
                          .http = HttpHead{.status = 201, .headers = {{"A", "1"}}},
                          .log = "the log",
                          .duration = Micros(1'000)};
    }

    Response make_trigger(const std::string& auth, const std::string& more = "") {
        return ask("POST", triggers,
                   {R"({"TriggerName":"web","triggerType":"http","triggerConfig":{"authType":")" +
                        auth + R"(","methods":["GET","POST","HEAD"]},"sourceArn":"dummy_arn",)" +
                        R"("invocationRole":null)" + more + "}",
                    {{"Host", "example:8080"}}});
    }
    Response get(const std::string& target, Sent sent = {}) { return send("GET", target, sent); }
    Response send(const std::string& method, const std::string& target, Sent sent = {}) {
        write_request(method, target, std::move(sent));
        return answer_over_http();
    }
    Response answer_over_http() {
        auto response = io::run_task(loop_, door_.answer_over_http(request_, memo_));
        EXPECT_TRUE(response.headers.has("X-Fc-Request-Id"));
        return response;
    }
    void sign(const auth::AccessKey& key) {
        request_.headers.add("Date", auth::http_date(clock_.time));
        request_.headers.add(
            "Authorization",
            auth::sign_fc(key, {request_.method,
                                request_.path,
                                request_.query,
                                {request_.headers.begin(), request_.headers.end()}}));
    }

    static constexpr const char* triggers = "services/demo/functions/hello/triggers";
};

TEST_F(HttpTriggerTest, ATriggerIsMadeReadChangedListedAndDeleted) {
    const auto made = make_trigger("anonymous", R"(,"qualifier":"LATEST","description":"d")");
    ASSERT_EQ(made.status, 200) << made.body;
    const auto shown = body(made);
    EXPECT_EQ(shown.at("triggerName"), "web");
    EXPECT_EQ(shown.at("triggerType"), "http");
    EXPECT_EQ(shown.at("triggerConfig"),
              (json::value{{"authType", "anonymous"}, {"methods", {"GET", "POST", "HEAD"}}}));
    EXPECT_EQ(shown.at("qualifier"), "LATEST");
    EXPECT_EQ(shown.at("description"), "d");
    EXPECT_TRUE(shown.at("sourceArn").is_null());
    EXPECT_TRUE(shown.at("invocationRole").is_null());
    EXPECT_EQ(shown.at("urlInternet"), "http://example:8080/2016-08-15/proxy/demo.LATEST/hello/");
    EXPECT_EQ(shown.at("urlIntranet"), shown.at("urlInternet"));
    EXPECT_EQ(shown.at("domainName"), "example:8080");
    EXPECT_EQ(shown.at("targetArn"),
              "acs:fc:here:1234567890123456:services/demo.LATEST/functions/hello");
    EXPECT_EQ(shown.at("createdTime"), "2023-12-26T16:03:11Z");
    const std::string one = std::string(triggers) + "/web";
    EXPECT_EQ(ask("GET", one, {"", {{"Host", "example:8080"}}}).body, made.body);
    EXPECT_EQ(error(make_trigger("function")), "409 TriggerAlreadyExists");
    EXPECT_EQ(error(ask("PUT", one, {"{}", {{"If-Match", "old"}}})), "412 PreconditionFailed");
    EXPECT_EQ(error(ask("PUT", one, {R"({"triggerType":"timer"})", {}})), "400 InvalidArgument");
    EXPECT_EQ(error(ask("PUT", one, {R"({"triggerConfig":"x"})", {}})), "400 InvalidArgument");
    const auto changed =
        ask("PUT", one,
            {R"({"triggerType":"http","triggerConfig":{"authType":"function","methods":["PUT"]}})",
             {{"If-Match", std::string(made.headers.get("ETag"))}}});
    EXPECT_EQ(body(changed).at("triggerConfig").at("authType"), "function");
    EXPECT_EQ(body(changed).at("description"), "d");
    const auto all = body(ask("GET", std::string(triggers) + "?limit=100&nextToken=&prefix="));
    EXPECT_EQ(all.at("triggers").as_array().size(), 1u);
    EXPECT_TRUE(all.at("nextToken").is_null());
    EXPECT_EQ(error(ask("DELETE", "services/demo/functions/hello")), "412 FunctionNotEmpty");
    EXPECT_EQ(ask("DELETE", one).status, 204);
    EXPECT_EQ(error(ask("DELETE", one)), "404 TriggerNotFound");
    EXPECT_EQ(ask("DELETE", "services/demo/functions/hello").status, 204);
    EXPECT_EQ(error(ask("GET", triggers)), "404 FunctionNotFound");
}

TEST_F(HttpTriggerTest, OtherTypesAreRefusedWithWhatThereIs) {
    const auto log = ask("POST", triggers,
                         {R"({"triggerName":"t","triggerType":"log","triggerConfig":{}})", {}});
    EXPECT_EQ(error(log), "400 InvalidArgument");
    EXPECT_THAT(log.body, HasSubstr("this version of the server has http"));
}

TEST_F(HttpTriggerTest, AnybodyCallsAnAnonymousTrigger) {
    ASSERT_EQ(make_trigger("anonymous").status, 200);
    const auto r =
        send("POST", "proxy/demo/hello/a%20b?x=1",
             {"event", {{"Authorization", "Bearer its own"}, {"X-Fc-Log-Type", "Tail"}}});
    EXPECT_EQ(r.status, 201);
    EXPECT_EQ(r.body, "body");
    EXPECT_EQ(r.headers.get("A"), "1");
    EXPECT_EQ(r.headers.get("X-Fc-Invocation-Duration"), "1");
    EXPECT_EQ(r.headers.get("X-Fc-Log-Result"), base64("the log"));
    EXPECT_FALSE(r.headers.has("X-Fc-Error-Type"));
    const auto& call = invoker_.last;
    EXPECT_EQ(call.trigger, "http");
    EXPECT_EQ(call.request_id, r.headers.get("X-Fc-Request-Id"));
    EXPECT_EQ(call.target.account, account);
    EXPECT_EQ(call.body, "event");
    EXPECT_EQ(call.http->path, "/a b");
    EXPECT_EQ(call.http->query, "x=1");
    EXPECT_EQ(call.http->uri, "/2016-08-15/proxy/demo/hello/a%20b?x=1");
    EXPECT_THAT(call.http->headers,
                testing::ElementsAre(testing::Pair("Authorization", "Bearer its own")));
}

TEST_F(HttpTriggerTest, AFunctionTriggerWantsASignatureOfTheAccount) {
    ASSERT_EQ(make_trigger("function").status, 200);
    const auto unsigned_call = get("proxy/demo/hello/");
    EXPECT_EQ(error(unsigned_call), "403 AccessDenied");
    EXPECT_EQ(unsigned_call.headers.get("X-Fc-Error-Type"), "FCCommonError");

    const auto signed_by = [&](const auth::AccessKey& key) {
        write_request("GET", "proxy/demo/hello/a%20b?z=1&a=c+d", {});
        sign(key);
        return answer_over_http();
    };
    EXPECT_EQ(signed_by({"ak", "secret", account}).status, 201);
    EXPECT_EQ(error(signed_by({"ak", "wrong", account})), "403 SignatureNotMatch");
    keys_.add({"other", "secret", "9"});
    write_request("GET", "proxy/demo/hello/", {"", {{"Host", account + ".here.fc.example"}}});
    sign({"other", "secret", "9"});
    EXPECT_EQ(error(answer_over_http()), "403 AccessDenied");
    keys_.remove("other");

    const auto url = [&](Seconds lives) {
        const std::string path = "/2016-08-15/proxy/demo/hello/";
        return path.substr(std::size("/2016-08-15")) + "?" +
               auth::sign_fc_url({"ak", "secret", account}, path, "a=b", clock_.time + lives);
    };
    EXPECT_EQ(get(url(Seconds(60))).status, 201);
    EXPECT_EQ(error(get(url(Seconds(-1)))), "403 AccessDenied");
    EXPECT_EQ(error(get(url(Seconds(60)) + "&more=1")), "403 SignatureNotMatch");
}

TEST_F(HttpTriggerTest, TheAccountIsTheHostsOrTheOnlyOne) {
    ASSERT_EQ(make_trigger("anonymous").status, 200);
    keys_.add({"other", "secret", "9"});
    EXPECT_EQ(error(get("proxy/demo/hello/")), "404 ServiceNotFound");
    EXPECT_EQ(error(get("proxy/demo/hello/", {"", {{"Host", "9.example"}}})),
              "404 ServiceNotFound");
    EXPECT_EQ(get("proxy/demo/hello/", {"", {{"Host", account + ".example:80"}}}).status, 201);
}

TEST_F(HttpTriggerTest, WhatIsNoCallIsRefusedWithTheReason) {
    const auto none = get("proxy/demo/hello/");
    EXPECT_EQ(error(none), "404 TriggerNotFound");
    EXPECT_THAT(none.body, HasSubstr("has no http trigger; create one"));
    ASSERT_EQ(make_trigger("anonymous").status, 200);
    EXPECT_EQ(error(get("proxy/demo")), "400 PathNotSupported");
    EXPECT_EQ(error(get("proxy/none/hello/")), "404 ServiceNotFound");
    EXPECT_EQ(error(get("proxy/demo/none/")), "404 FunctionNotFound");
    EXPECT_EQ(error(get("proxy/demo.7/hello/")), "404 VersionNotFound");
    const auto put = send("PUT", "proxy/demo/hello/");
    EXPECT_EQ(error(put), "400 InvalidArgument");
    EXPECT_THAT(put.body, HasSubstr("takes GET, POST, HEAD, not PUT"));
    EXPECT_EQ(get("proxy/demo/hello/", {"", {{"X-Fc-Invocation-Type", "Async"}}}).status, 202);
    EXPECT_EQ(error(get("proxy/demo/hello/", {std::string((32 << 20) + 1, 'x'), {}})),
              "400 EntityTooLarge");
    EXPECT_EQ(error(get("proxy/demo/hello/?" + std::string(4096, 'x'))), "400 InvalidArgument");
    invoker_.refusal = Error(Kind::busy, "300 instances are busy", "ResourceExhausted");
    const auto busy = get("proxy/demo/hello/");
    EXPECT_EQ(error(busy), "429 ResourceExhausted");
    EXPECT_EQ(busy.headers.get("X-Fc-Error-Type"), "FCCommonError");
    EXPECT_EQ(Front::body_plan("GET", "/2016-08-15/proxy/demo/hello/").bytes_max, 32u << 20);
}

TEST_F(HttpTriggerTest, AFunctionThatFailedIsABadGateway) {
    ASSERT_EQ(make_trigger("anonymous").status, 200);
    invoker_.reply = {.body = R"({"errorMessage":"x"})", .duration = Micros(1'000)};
    for (const auto outcome : {Outcome::unhandled_error, Outcome::timed_out, Outcome::died,
                               Outcome::out_of_memory, Outcome::bad_response}) {
        invoker_.reply.outcome = outcome;
        const auto r = get("proxy/demo/hello/");
        EXPECT_EQ(r.status, 502);
        EXPECT_EQ(r.body, R"({"errorMessage":"x"})");
        EXPECT_EQ(r.headers.get("Content-Type"), "application/json");
        EXPECT_EQ(r.headers.get("X-Fc-Error-Type"), "UnhandledInvocationError");
        EXPECT_TRUE(r.headers.has("X-Fc-Invocation-Duration"));
    }
    invoker_.reply.outcome = Outcome::handled_error;
    EXPECT_EQ(get("proxy/demo/hello/").headers.get("X-Fc-Error-Type"), "HandledInvocationError");
}

TEST_F(HttpTriggerTest, ARedirectElsewhereIsForbidden) {
    ASSERT_EQ(make_trigger("anonymous").status, 200);
    invoker_.reply.http = HttpHead{302, {{"Location", "https://evil.example/"}}};
    EXPECT_EQ(error(get("proxy/demo/hello/", {"", {{"Host", "home"}}})),
              "400 ExternalRedirectForbidden");
}

TEST_F(HttpTriggerTest, AFunctionForHttpTakesNoEvents) {
    ASSERT_EQ(make_trigger("anonymous").status, 200);
    const auto refused = ask("POST", invocations);
    EXPECT_EQ(error(refused), "400 InvalidArgument");
    EXPECT_THAT(refused.body, HasSubstr("called over HTTP, at /2016-08-15/proxy/demo/hello/"));
    EXPECT_EQ(ask("DELETE", std::string(triggers) + "/web").status, 204);
    EXPECT_EQ(ask("POST", invocations).status, 200);
}

}  // namespace
}  // namespace mayfly::door
