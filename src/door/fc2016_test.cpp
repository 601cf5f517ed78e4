#include "door/fc2016.hpp"

#include "auth/fc_signature.hpp"
#include "auth/http_date.hpp"
#include "base/digest.hpp"
#include "door/fc2016_for_tests.hpp"
#include "door/fc_auth.hpp"
#include "door/fc_errors.hpp"

namespace mayfly::door {
namespace {

TEST_F(Fc2016Test, AServiceIsMadeReadChangedListedAndDeleted) {
    const auto made = ask(
        "POST", "services",
        {R"({"serviceName":"demo","description":"d","role":"","logConfig":{"project":"","logstore":""},)"
         R"("vpcConfig":{"vpcId":"","vSwitchIds":[],"securityGroupId":""},"internetAccess":true,)"
         R"("nasConfig":{"UserId":-1,"GroupId":-1,"MountPoints":[]},"tracingConfig":{}})",
         {}});
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(body(made).at("serviceName"), "demo");
    EXPECT_EQ(body(made).at("createdTime"), "2023-12-26T16:03:11Z");
    EXPECT_EQ(body(made).at("nasConfig"),
              json::parse(R"({"userId":-1,"groupId":-1,"mountPoints":[]})"));
    EXPECT_EQ(body(made).at("tracingConfig"), json::parse(R"({"type":null,"params":null})"));
    EXPECT_EQ(body(made).at("serviceId").as_string().size(), 36u);
    const std::string etag(made.headers.get("ETag"));
    EXPECT_FALSE(etag.empty());

    EXPECT_EQ(error(ask("PUT", "services/demo", {R"({"description":"x"})", {{"If-Match", "abc"}}})),
              "412 PreconditionFailed");
    const auto next = ask(
        "PUT", "services/demo",
        {R"({"Description":"x","role":null,"logConfig":null,"vpcConfig":null,"internetAccess":null,)"
         R"("nasConfig":{"userId":null,"groupId":null,"mountPoints":null}})",
         {{"If-Match", etag}}});
    EXPECT_EQ(body(next).at("description"), "x");
    EXPECT_EQ(body(next).at("internetAccess"), true);
    EXPECT_EQ(ask("GET", "services/demo.LATEST").status, 200);
    EXPECT_EQ(error(ask("GET", "services/demo.3")), "404 VersionNotFound");
    EXPECT_EQ(error(ask("GET", "services/demo.prod")), "404 AliasNotFound");
    EXPECT_EQ(error(ask("GET", "services/none.prod")), "404 ServiceNotFound");

    const auto list = body(ask("GET", "services?limit=100&nextToken=&prefix=&startKey="));
    EXPECT_EQ(list.at("services").as_array().size(), 1u);
    EXPECT_TRUE(list.at("nextToken").is_null());
    EXPECT_EQ(error(ask("GET", "services?limit=x")), "400 InvalidArgument");

    const auto gone = ask("DELETE", "services/demo", {"", {{"If-Match", ""}}});
    EXPECT_EQ(gone.status, 204);
    EXPECT_EQ(gone.body, "");
    EXPECT_EQ(error(ask("GET", "services/demo")), "404 ServiceNotFound");
}

TEST_F(Fc2016Test, AFunctionIsMadeReadChangedListedAndDeleted) {
    make_hello();
    const auto found = ask("GET", "services/demo/functions/hello");
    const auto f = body(found);
    EXPECT_FALSE(found.headers.get("ETag").empty());
    EXPECT_EQ(f.at("codeChecksum").as_string(), std::to_string(crc64(zip("v1"))));
    EXPECT_EQ(f.at("codeSize").to_number<std::size_t>(), zip("v1").size());
    EXPECT_EQ(f.at("timeout"), 3);
    EXPECT_EQ(f.at("memorySize"), 128);
    EXPECT_EQ(f.at("environmentVariables"), json::object());
    EXPECT_TRUE(f.at("initializer").is_null());
    EXPECT_FALSE(f.contains("code"));
    const auto next = body(ask(
        "PUT", "services/demo/functions/hello",
        {R"({"TIMEOUT":30,"environmentVariables":{"A":"b"},"code":{"zipFile":null},"caPort":null})",
         {}}));
    EXPECT_EQ(next.at("timeout"), 30);
    EXPECT_EQ(next.at("environmentVariables"), (json::object{{"A", "b"}}));
    EXPECT_EQ(next.at("codeChecksum"), f.at("codeChecksum"));
    EXPECT_EQ(error(ask("POST", "services/demo/functions", {function_body(), {}})),
              "409 FunctionAlreadyExists");
    EXPECT_EQ(error(ask("POST", "services/none/functions", {function_body(), {}})),
              "404 ServiceNotFound");
    EXPECT_EQ(error(ask("DELETE", "services/demo")), "412 ServiceNotEmpty");
    ASSERT_EQ(ask("POST", "services/demo/functions", {function_body("other"), {}}).status, 200);
    const auto page = body(ask("GET", "services/demo.LATEST/functions?limit=1"));
    EXPECT_EQ(page.at("functions").as_array().at(0).at("functionName"), "hello");
    EXPECT_EQ(page.at("nextToken"), "other");
    EXPECT_EQ(ask("DELETE", "services/demo/functions/hello").status, 204);
    EXPECT_EQ(error(ask("GET", "services/demo/functions/hello")), "404 FunctionNotFound");
}

TEST_F(Fc2016Test, WrongInputIsExplained) {
    make_hello();
    const auto put = [&](std::string text) {
        return ask("PUT", "services/demo/functions/hello", {std::move(text), {}});
    };
    const auto expect = [&](std::string text, const char* words) {
        const auto r = put(std::move(text));
        EXPECT_EQ(error(r), "400 InvalidArgument");
        EXPECT_THAT(std::string(body(r).at("ErrorMessage").as_string()), HasSubstr(words));
    };
    expect("{", "not JSON");
    expect("[]", "JSON object");
    expect(R"({"timeout":"30"})", "timeout must be a whole number");
    expect(R"({"environmentVariables":{"A":1}})", "environmentVariables.A must be a string");
    expect(R"({"code":{"zipFile":"%%%"}})", "not base64");
    expect(R"({"code":{"zipFile":"aGVsbG8="}})", "not a zip");
    expect(R"({"code":{"ossBucketName":"b","ossObjectName":"o"}})", "bucket");
    expect(R"({"layers":["x"]})", "not the ARN of a layer version");
    expect(R"({"layers":"x"})", "layers must be a list of strings");
    expect(R"({"isolation":"none"})", "standard or strict");
    expect(R"({"instanceLifecycleConfig":{"PreStop":{"Handler":7}}})",
           "instanceLifecycleConfig.preStop.handler must be a string");
    expect(R"({"customRuntimeConfig":{"command":"x"}})", "command must be a list of strings");
    expect(R"({"customRuntimeConfig":{"args":[1]}})", "args must be a list of strings");
    expect(R"({"caPort":"9000"})", "caPort must be a whole number");
    EXPECT_EQ(
        put(R"({"InstanceLifecycleConfig":{"PreFreeze":{"Handler":""},"PreStop":{"Handler":""}},"unknown":1})")
            .status,
        200);
    const auto sum = ask("PUT", "services/demo/functions/hello",
                         {function_body(), {{"X-Fc-Code-Checksum", "1"}}});
    EXPECT_EQ(error(sum), "400 InvalidArgument");
    const auto vpc =
        ask("PUT", "services/demo", {R"({"nasConfig":{"mountPoints":[{"mountDir":"/x"}]}})", {}});
    EXPECT_EQ(error(vpc), "400 InvalidArgument");
}

TEST_F(Fc2016Test, ALayerIsPublishedReadUsedListedAndDeleted) {
    make_hello();
    const auto zip = catalog::ZipForTests().file("python/x.py", "x = 1").bytes();
    const auto made =
        ask("POST", "layers/lay/versions",
            {R"({"description":"x","compatibleRuntime":["python3"],"Code":{"zipFile":")" +
                 base64(zip) + R"("}})",
             {}});
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(body(made).at("layerName"), "lay");
    EXPECT_EQ(body(made).at("version"), 1);
    EXPECT_EQ(body(made).at("acl"), 0);
    EXPECT_EQ(body(made).at("codeChecksum"), json::value(std::to_string(crc64(zip))));
    const auto arn = "acs:fc:here:" + account + ":layers/lay/versions/1";
    EXPECT_EQ(body(made).at("arnV2"), json::value(arn));
    EXPECT_EQ(ask("PUT", "layers/lay/acl?public=true").status, 200);
    EXPECT_EQ(error(ask("PUT", "layers/lay/acl?public=maybe")), "400 InvalidArgument");
    const auto read = body(ask("GET", "layers/lay/versions/1"));
    EXPECT_EQ(read.at("acl"), 1);
    EXPECT_EQ(body(ask("GET", "layerarn/" + percent_encode(arn))), read);
    EXPECT_EQ(body(ask("GET", "layerarn/" + percent_encode(read.at("arn").as_string()))), read);
    EXPECT_EQ(ask("GET", "layers/lay/versions/1/code").body, zip);

    const auto used = body(ask("PUT", "services/demo/functions/hello",
                               {R"({"layers":[")" + arn + R"("],"isolation":"strict"})", {}}));
    EXPECT_EQ(used.at("layersArnV2"), (json::array{arn}));
    EXPECT_EQ(used.at("layers"), (json::array{read.at("arn")}));
    EXPECT_EQ(used.at("isolation"), "strict");

    EXPECT_EQ(body(ask("GET", "layers?limit=1")).at("layers").as_array().size(), 1u);
    EXPECT_EQ(body(ask("GET", "layers?public=true")).at("layers").as_array().size(), 1u);
    EXPECT_EQ(body(ask("GET", "layers?official=true")).at("layers").as_array().size(), 0u);
    const auto versions = body(ask("GET", "layers/lay/versions?startVersion=1"));
    EXPECT_EQ(versions.at("layers").as_array().size(), 1u);
    EXPECT_TRUE(versions.at("nextVersion").is_null());
    EXPECT_EQ(error(ask("GET", "layers/none/versions")), "404 LayerNotFound");
    EXPECT_EQ(error(ask("GET", "layers/lay/versions/2")), "404 LayerVersionNotFound");
    EXPECT_EQ(error(ask("GET", "layers/lay/versions/x")), "404 LayerVersionNotFound");
    EXPECT_EQ(error(ask("GET", "layerarn/x")), "400 InvalidArgument");
    EXPECT_EQ(ask("DELETE", "layers/lay/versions/1").status, 204);
    EXPECT_EQ(error(ask("DELETE", "layers/lay/versions/1")), "404 LayerNotFound");
}

TEST_F(Fc2016Test, WhatACustomRuntimeIsToldIsKeptShownAndCleared) {
    make_hello();
    const auto put = [&](std::string text) {
        const auto r = ask("PUT", "services/demo/functions/hello", {std::move(text), {}});
        EXPECT_EQ(r.status, 200) << r.body;
        return body(ask("GET", "services/demo/functions/hello"));
    };
    const json::value command = {{"command", {"/code/server"}}, {"args", {"--fast", "1"}}};
    const json::value check = {{"httpGetUrl", "/ready"},  {"initialDelaySeconds", 1},
                               {"periodSeconds", 3},      {"timeoutSeconds", 1},
                               {"failureThreshold", 120}, {"successThreshold", 1}};
    const json::value hooks = {{"preFreeze", nullptr},
                               {"preStop", {{"handler", "a.b"}, {"timeout", 5}}}};
    put(R"({"caPort":8080,"customRuntimeConfig":{"Command":["/code/server"],"args":["--fast","1"]},)"
        R"("customHealthCheckConfig":{"httpGetUrl":"/ready","initialDelaySeconds":1,"failureThreshold":120},)"
        R"("instanceLifecycleConfig":{"preStop":{"handler":"a.b","timeout":5}}})");
    auto shown = put(R"({"caPort":null,"customRuntimeConfig":null,"description":"x"})");
    EXPECT_EQ(shown.at("caPort"), 8080);
    EXPECT_EQ(shown.at("customRuntimeConfig"), command);
    EXPECT_EQ(shown.at("customHealthCheckConfig"), check);
    EXPECT_EQ(shown.at("instanceLifecycleConfig"), hooks);
    shown = put(R"({"caPort":0,"customRuntimeConfig":{},"customHealthCheckConfig":{},)"
                R"("instanceLifecycleConfig":{"preStop":{"handler":""}}})");
    for (const auto* field :
         {"caPort", "customRuntimeConfig", "customHealthCheckConfig", "instanceLifecycleConfig"})
        EXPECT_TRUE(shown.at(field).is_null()) << field;
}

TEST_F(Fc2016Test, WhatIsNotBuiltIsSaidSo) {
    make_hello();
    EXPECT_EQ(error(ask("GET", "nothing")), "400 PathNotSupported");
    EXPECT_EQ(error(ask("PATCH", "services/demo")), "400 PathNotSupported");
    EXPECT_EQ(error(ask("POST", "services/demo/versions", {"{}", {}})), "400 PathNotSupported");
    EXPECT_TRUE(body(ask("GET", "services/demo/functions/hello/triggers"))
                    .at("triggers")
                    .as_array()
                    .empty());
    EXPECT_EQ(error(ask("GET", "services/demo/functions/hello/triggers/t")), "404 TriggerNotFound");
    EXPECT_EQ(error(ask("GET", "services/demo/functions/none/triggers")), "404 FunctionNotFound");
    EXPECT_EQ(body(ask("GET", "services/demo/versions")).at("direction"), "BACKWARD");
    EXPECT_TRUE(body(ask("GET", "services/demo/aliases")).at("aliases").as_array().empty());
    EXPECT_EQ(error(ask("GET", "services/demo/aliases/prod")), "404 AliasNotFound");
    EXPECT_EQ(body(ask("GET", "account-settings")).at("availableAZs"), json::array({"here"}));
    EXPECT_EQ(ask("GET", "accountConfigs?config=CodeSizeLimit&config=Concurrency").body,
              R"({"CodeSizeLimit":"104857600"})");
}

TEST_F(Fc2016Test, TheCodeUrlServesTheZipToItsHolderUntilItExpires) {
    make_hello();
    const auto r = body(
        ask("GET", "services/demo.LATEST/functions/hello/code", {"", {{"Host", "example:8080"}}}));
    EXPECT_EQ(r.at("checksum").as_string(), std::to_string(crc64(zip("v1"))));
    const std::string url(r.at("url").as_string());
    const std::string base = "http://example:8080/2016-08-15/";
    ASSERT_THAT(url, testing::StartsWith(base));
    const auto served = ask("GET", url.substr(base.size()));
    EXPECT_EQ(served.body, zip("v1"));
    EXPECT_EQ(served.headers.get("Content-Type"), "application/zip");
    EXPECT_EQ(identify(keys_, nullptr, request_, clock_.time, memo_)->account, account);
    EXPECT_EQ(identify(keys_, nullptr, request_, clock_.time + Seconds(601), memo_).error().code,
              "AccessDenied");
    request_.method = "PUT";
    EXPECT_EQ(identify(keys_, nullptr, request_, clock_.time, memo_).error().code,
              "SignatureNotMatch");
    const auto no_port =
        body(ask("GET", "services/demo/functions/hello/code", {"", {{"Host", "127.0.0.1"}}}));
    EXPECT_THAT(std::string(no_port.at("url").as_string()),
                testing::StartsWith("http://127.0.0.1:7400/2016-08-15/"));
}

TEST_F(Fc2016Test, ACallsAnswerCarriesFcsHeaders) {
    make_hello();
    invoker_.reply = {.body = "bytes",
                      .log = "the log",
                      .duration = Micros(75'200),
                      .memory_bytes_peak = 32'631'685,
                      .instance_id = "c-658af93f-189b68fc-1076dfe07057"};
    const auto r = ask("POST", invocations, {"event", {{"X-Fc-Log-Type", "Tail"}}});
    EXPECT_EQ(r.status, 200);
    EXPECT_EQ(r.body, "bytes");
    EXPECT_EQ(r.headers.get("Content-Type"), "application/octet-stream");
    EXPECT_EQ(r.headers.get("X-Fc-Code-Checksum"), std::to_string(crc64(zip("v1"))));
    EXPECT_EQ(r.headers.get("X-Fc-Invocation-Duration"), "76");
    EXPECT_EQ(r.headers.get("X-Fc-Max-Memory-Usage"), "31.12");
    EXPECT_EQ(r.headers.get("X-Fc-Invocation-Service-Version"), "LATEST");
    EXPECT_EQ(r.headers.get("X-Fc-Instance-Id"), "c-658af93f-189b68fc-1076dfe07057");
    EXPECT_EQ(r.headers.get("X-Fc-Log-Result"), base64("the log"));
    EXPECT_FALSE(r.headers.has("X-Fc-Error-Type"));
    EXPECT_EQ(invoker_.last.body, "event");
    EXPECT_EQ(invoker_.last.request_id, r.headers.get("X-Fc-Request-Id"));
    EXPECT_TRUE(invoker_.last.wants_log);
    const auto quiet = ask("POST", "services/demo.LATEST/functions/hello/invocations");
    EXPECT_FALSE(quiet.headers.has("X-Fc-Log-Result"));
    EXPECT_FALSE(invoker_.last.wants_log);
    EXPECT_EQ(invoker_.last.target.qualifier, "LATEST");
}

TEST_F(Fc2016Test, AFunctionThatFailedIsA200WithItsErrorType) {
    make_hello();
    invoker_.reply.body = R"({"errorMessage":"x"})";
    invoker_.reply.outcome = Outcome::handled_error;
    EXPECT_EQ(ask("POST", invocations).headers.get("X-Fc-Error-Type"), "HandledInvocationError");
    for (const auto outcome :
         {Outcome::unhandled_error, Outcome::timed_out, Outcome::died, Outcome::out_of_memory}) {
        invoker_.reply.outcome = outcome;
        const auto r = ask("POST", invocations);
        EXPECT_EQ(r.status, 200);
        EXPECT_EQ(r.headers.get("X-Fc-Error-Type"), "UnhandledInvocationError");
    }
}

TEST_F(Fc2016Test, ACallThatCannotRunIsRefusedWithTheReason) {
    make_hello();
    EXPECT_EQ(error(ask("POST", invocations, {"", {{"X-Fc-Log-Type", "X"}}})),
              "400 InvalidArgument");
    EXPECT_EQ(error(ask("POST", invocations, {"", {{"X-Fc-Invocation-Type", "X"}}})),
              "400 InvalidArgument");
    EXPECT_EQ(error(ask("POST", "services/demo/functions/none/invocations")),
              "404 FunctionNotFound");
    EXPECT_EQ(error(ask("POST", "services/demo.7/functions/hello/invocations")),
              "404 VersionNotFound");
    EXPECT_EQ(error(ask("POST", invocations, {std::string((32 << 20) + 1, 'x'), {}})),
              "400 EntityTooLarge");
    invoker_.refusal = Error(Kind::busy, "300 instances are busy", "ResourceExhausted");
    const auto busy = ask("POST", invocations);
    EXPECT_EQ(error(busy), "429 ResourceExhausted");
    EXPECT_EQ(busy.headers.get("Retry-After"), "1");
    EXPECT_EQ(busy.headers.get("Content-Type"), "application/json");
}

TEST_F(Fc2016Test, RefusingACallerIsAWholeResponse) {
    const auto r = door_.refuse(Error(Kind::denied, "no", "SignatureNotMatch"));
    EXPECT_EQ(error(r), "403 SignatureNotMatch");
    EXPECT_TRUE(r.headers.has("X-Fc-Request-Id"));
}

TEST(FcErrors, AnInternalErrorKeepsItsDetailsForTheLog) {
    const auto r = fc_error(Error(Kind::internal, "open /secret/path", "CodeDamaged"), "1-id");
    EXPECT_EQ(r.status, 500);
    EXPECT_THAT(r.body, HasSubstr("InternalServerError"));
    EXPECT_THAT(r.body, HasSubstr("1-id"));
    EXPECT_THAT(r.body, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace mayfly::door
