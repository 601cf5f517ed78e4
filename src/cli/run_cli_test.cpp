#include "cli/run_cli.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "cli/server_for_tests.hpp"
#include "io/run_for_tests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fstream>
#include <map>
#include <sstream>

namespace mayfly::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::HasSubstr;
using testing::StartsWith;

const std::string functions = "/2016-08-15/services/shop/functions";

struct CliTest : testing::Test {
    void SetUp() override {
        env = {{"MAYFLY_ACCESS_KEY_ID", "id"},
               {"MAYFLY_ACCESS_KEY_SECRET", "it's secret"},
               {"MAYFLY_ENDPOINT", server.url()}};
    }

    // Keeps what is put under its path, as FC does with services and functions.
    io::HttpResponse answer(const io::HttpRequest& r) {
        seen.push_back(r.method + " " + r.target);
        last = r;
        if (const auto it = canned.find(r.method + " " + r.target); it != canned.end())
            return it->second;
        boost::system::error_code none;
        if (r.method == "GET" && kept.contains(r.target))
            return {.status = 200, .body = json::serialize(kept[r.target])};
        if (r.method == "GET")
            return {.status = 404,
                    .body = R"({"ErrorCode":"FunctionNotFound","ErrorMessage":"no such thing"})"};
        auto body = json::parse(r.body, none).as_object();
        if (const auto* code = body.if_contains("code")) {
            const auto zip = base64_decode(code->as_object().at("zipFile").as_string()).value();
            body["codeChecksum"] = std::to_string(crc64(zip));
            body.erase("code");
        }
        auto path = r.target;
        for (const auto* key : {"serviceName", "functionName"}) {
            if (r.method == "POST" && body.contains(key))
                path += "/" + std::string(body.at(key).as_string());
        }
        for (const auto& [key, value] : body) kept[path][key] = value;
        return {.status = 200, .body = json::serialize(kept[path])};
    }

    int run(std::vector<std::string> words, const std::string& in = "") {
        std::istringstream input(in);
        std::ostringstream o, e;
        const int code =
            run_cli(std::move(words), {.io = {input, o, e}, .env = env, .clock = clock});
        out = o.str();
        err = e.str();
        return code;
    }

    static auth::KeyRing keys() {
        auth::KeyRing ring;
        ring.add({"id", "it's secret", "1000000000000001"});
        return ring;
    }

    SystemClock clock;
    io::TestFolder folder;
    std::map<std::string, io::HttpResponse> canned;
    std::map<std::string, json::object> kept;
    std::vector<std::string> seen;
    io::HttpRequest last;
    ServerForTests server{keys(), clock, [this](const auto& r) { return answer(r); }};
    Env env;
    std::string out, err;
};

TEST_F(CliTest, DeployCreatesThenLeavesAloneThenUpdatesWhatChanged) {
    std::ofstream(folder.path() / "index.py") << "def handler(e, c): return e";
    const std::vector<std::string> words{
        "deploy", folder.path().string(), "--service", "shop", "--name", "hello"};
    ASSERT_EQ(run(words), 0) << err;
    EXPECT_THAT(out, StartsWith("hello  created  python3  128 MB"));
    EXPECT_EQ(kept.at(functions + "/hello").at("handler"), "index.handler");
    ASSERT_EQ(run(words), 0) << err;
    EXPECT_THAT(out, HasSubstr("unchanged"));
    auto more = words;
    more.insert(more.end(), {"--memory", "256", "--env", "A=b=c"});
    ASSERT_EQ(run(more), 0) << err;
    EXPECT_THAT(out, HasSubstr("updated"));
    EXPECT_THAT(last.body, testing::Not(HasSubstr("zipFile")))
        << "the code is the same and stays home";
    EXPECT_EQ(kept.at(functions + "/hello").at("environmentVariables").at("A"), "b=c");
    std::ofstream(folder.path() / "index.py") << "def handler(e, c): return 1";
    ASSERT_EQ(run(more), 0) << err;
    EXPECT_THAT(last.body, HasSubstr("zipFile"));
}

TEST_F(CliTest, DeployReadsMayflyYaml) {
    fs::create_directory(folder.path() / "thumbs");
    std::ofstream(folder.path() / "thumbs" / "main.py") << "1";
    std::ofstream(folder.path() / "mayfly.yaml")
        << "service: shop\nfunctions:\n  thumbs:\n    code: thumbs\n    memory: 256\n    timeout: "
           "10\n"
           "    environment: {SIZE: \"800\"}\n";
    ASSERT_EQ(run({"deploy", folder.path().string(), "-o", "json"}), 0) << err;
    const auto done = json::parse(out).at("functions").at(0);
    EXPECT_EQ(done.at("service"), "shop");
    EXPECT_EQ(done.at("action"), "created");
    const auto& f = kept.at(functions + "/thumbs");
    EXPECT_EQ(f.at("handler"), "main.handler");
    EXPECT_EQ(f.at("memorySize"), 256);
    EXPECT_EQ(f.at("timeout"), 10);
}

TEST_F(CliTest, DeployMakesTheTriggersThatMayflyYamlNames) {
    const auto deploy = [&](const std::string& trigger) {
        std::ofstream(folder.path() / "index.py") << "1";
        std::ofstream(folder.path() / "mayfly.yaml")
            << "service: shop\nfunctions:\n  web:\n    triggers:\n      - " << trigger << "\n";
        return run({"deploy", folder.path().string()});
    };
    canned["GET " + functions + "/web/triggers/t"] = {
        .status = 404, .body = R"({"ErrorCode":"TriggerNotFound","ErrorMessage":"none"})"};
    canned["POST " + functions + "/web/triggers"] = {.status = 200,
                                                     .body = R"({"urlInternet":"http://h/p/"})"};
    canned["GET " + functions + "/web/triggers?limit=100"] = {
        .status = 200, .body = R"({"triggers":[{"triggerName":"t"},{"triggerName":"old"}]})"};
    canned["DELETE " + functions + "/web/triggers/old"] = {.status = 204};
    ASSERT_EQ(deploy("{name: t, type: http, auth: anonymous, methods: [POST, GET]}"), 0) << err;
    EXPECT_EQ(last.body, R"({"triggerName":"t","triggerType":"http","triggerConfig":)"
                         R"({"authType":"anonymous","methods":["GET","POST"]}})");
    EXPECT_THAT(out, HasSubstr("http://h/p/\n"));
    EXPECT_THAT(out, HasSubstr("  t    created  http anonymous GET,POST"));
    EXPECT_THAT(out, HasSubstr("  old  removed"));
    EXPECT_EQ(err, "next  curl http://h/p/\n");
    canned["GET " + functions + "/web/triggers?limit=100"].body = R"({"triggers":[]})";

    canned["GET " + functions + "/web/triggers/t"] = {
        .status = 200,
        .body =
            R"({"triggerConfig":{"authType":"anonymous","methods":["GET","POST"]},"urlInternet":"http://h/p/"})"};
    ASSERT_EQ(deploy("{name: t, type: http, auth: anonymous, methods: [GET, POST]}"), 0) << err;
    EXPECT_THAT(out, HasSubstr("  t  unchanged"));
    canned["PUT " + functions + "/web/triggers/t"] = {.status = 200, .body = "{}"};
    ASSERT_EQ(deploy("{name: t, type: http}"), 0) << err;
    EXPECT_THAT(out, HasSubstr("  t  updated"));
    EXPECT_THAT(last.body, HasSubstr(R"("authType":"function","methods":["GET","POST","PUT")"));

    EXPECT_EQ(deploy("{name: t, type: htp}"), 2);
    EXPECT_THAT(err, HasSubstr("mayfly.yaml:5: a trigger needs a name and a type"));
    EXPECT_EQ(deploy("{name: t, type: http, method: [GET]}"), 2);
    EXPECT_THAT(err, HasSubstr("did you mean 'methods'?"));
}

TEST_F(CliTest, DeployMakesTimersAndRulesAndSaysHowEventsAreCarriedOut) {
    const auto deploy = [&](const std::string& lines) {
        std::ofstream(folder.path() / "index.py") << "1";
        std::ofstream(folder.path() / "mayfly.yaml") << "service: shop\nfunctions:\n  f:\n"
                                                     << lines;
        return run({"deploy", folder.path().string()});
    };
    canned["GET " + functions + "/f/triggers?limit=100"] = {.status = 200,
                                                            .body = R"({"triggers":[]})"};
    canned["GET " + functions + "/f/triggers/t"] = {
        .status = 404, .body = R"({"ErrorCode":"TriggerNotFound","ErrorMessage":"none"})"};
    canned["POST " + functions + "/f/triggers"] = {.status = 200, .body = "{}"};
    ASSERT_EQ(deploy("    triggers:\n      - {name: t, type: timer, cronExpression: '0 0 2 * * *', "
                     "payload: x, enable: false}\n"),
              0)
        << err;
    EXPECT_EQ(last.body, R"({"triggerName":"t","triggerType":"timer","triggerConfig":)"
                         R"({"cronExpression":"0 0 2 * * *","payload":"x","enable":false}})");
    EXPECT_THAT(out, HasSubstr("  t  created  timer 0 0 2 * * * disabled"));
    ASSERT_EQ(deploy("    triggers:\n      - name: t\n        type: eventbridge\n        pattern:\n"
                     "          type: [user.registered]\n"
                     "          data: {age: [{numeric: ['>=', 18]}], code: ['18']}\n"),
              0)
        << err;
    EXPECT_EQ(
        json::parse(last.body).at("triggerConfig").at("eventRuleFilterPattern"),
        R"({"type":["user.registered"],"data":{"age":[{"numeric":[">=",18]}],"code":["18"]}})");
    ASSERT_EQ(deploy("    async: {maxAsyncRetryAttempts: 1, onFailure: 'https://h/x'}\n"), 0)
        << err;
    EXPECT_EQ(last.target, functions + "/f/async-invoke-config");
    EXPECT_EQ(json::parse(last.body).at("destinationConfig").at("onFailure").at("destination"),
              "https://h/x");

    const auto wrong = [&](const std::string& lines, const std::string& says) {
        EXPECT_EQ(deploy(lines), 2);
        EXPECT_THAT(err, HasSubstr(says));
    };
    wrong(
        "    triggers:\n      - name: t\n        type: timer\n        cronExpression: '0 0 25 * * "
        "*'\n",
        "mayfly.yaml:7: ");
    EXPECT_THAT(err, HasSubstr("at character 5: '25' is no hours"));
    wrong("    triggers:\n      - {name: t, type: timer}\n",
          "mayfly.yaml:5: a timer trigger needs");
    wrong("    triggers:\n      - {name: t, type: eventbridge, pattern: x}\n",
          "mayfly.yaml:5: 'pattern' must be a map");
    wrong("    triggers:\n      - {name: t, type: http}\n      - {name: t, type: http}\n",
          "mayfly.yaml:6: function 'f' has two triggers 't'");
    wrong("    async: {retries: 3}\n", "mayfly.yaml:4: unknown key 'retries' in 'async' of 'f'");
    canned["POST " + functions + "/f/triggers"] = {
        .status = 400, .body = R"({"ErrorCode":"InvalidArgument","ErrorMessage":"no"})"};
    wrong("    triggers:\n      - {name: t, type: http}\n", "mayfly.yaml:5: no");
}

TEST_F(CliTest, FnShowsTriggersAndRemovesThemFirst) {
    kept[functions + "/web"] = {{"functionName", "web"}};
    canned["GET " + functions + "/web/triggers?limit=100"] = {
        .status = 200,
        .body =
            R"({"triggers":[{"triggerName":"t","triggerType":"http","urlInternet":"http://h/p/",)"
            R"("triggerConfig":{"authType":"anonymous","methods":["GET","PUT"]}}]})"};
    ASSERT_EQ(run({"fn", "show", "shop/web"}), 0) << err;
    EXPECT_THAT(out, HasSubstr("trigger t     http anonymous GET,PUT\n"));
    EXPECT_THAT(out, HasSubstr("url           http://h/p/\n"));
    ASSERT_EQ(run({"fn", "show", "shop/web", "-o", "json"}), 0) << err;
    EXPECT_EQ(json::parse(out).at("triggers").as_array().size(), 1u);
    for (const auto* path : {"/web/triggers/t", "/web"})
        canned["DELETE " + functions + path] = {.status = 204};
    ASSERT_EQ(run({"fn", "rm", "shop/web"}), 0) << err;
    EXPECT_EQ(seen.at(seen.size() - 2), "DELETE " + functions + "/web/triggers/t");
    EXPECT_EQ(seen.back(), "DELETE " + functions + "/web");
}

TEST_F(CliTest, AnUnknownKeyInMayflyYamlIsNamedWithItsLineAndTheNearest) {
    std::ofstream(folder.path() / "mayfly.yaml")
        << "service: shop\nfunctions:\n  a:\n    memry: 256\n";
    EXPECT_EQ(run({"deploy", folder.path().string()}), 2);
    EXPECT_THAT(
        err,
        HasSubstr("mayfly.yaml:4: unknown key 'memry' in function 'a'; did you mean 'memory'?"));
}

TEST_F(CliTest, AFolderThatTellsNothingIsAnErrorWithARemedy) {
    std::ofstream(folder.path() / "notes.txt") << "1";
    EXPECT_EQ(run({"deploy", folder.path().string()}), 2);
    EXPECT_THAT(err, HasSubstr("give --runtime and --handler"));
}

TEST_F(CliTest, InvokePrintsTheAnswerOnOutAndTheLogOnErr) {
    canned["POST " + functions + "/hello/invocations"] = {
        .status = 200,
        .headers = {{"X-Fc-Log-Result", base64("FC Invoke Start\n")}},
        .body = "Hello"};
    EXPECT_EQ(run({"invoke", "shop/hello", "-f", "-", "--log"}, "event"), 0) << err;
    EXPECT_EQ(last.body, "event");
    EXPECT_EQ(out, "Hello");
    EXPECT_EQ(err, "FC Invoke Start\n");
}

TEST_F(CliTest, AFailedFunctionEndsWith7AndSaysWhatItRaised) {
    canned["POST " + functions + "/hello/invocations"] = {
        .status = 200,
        .headers = {{"X-Fc-Error-Type", "UnhandledInvocationError"}},
        .body =
            R"({"errorMessage":"bad width","errorType":"TypeError","stackTrace":[["File a.py, line 3"]]})"};
    EXPECT_EQ(run({"invoke", "shop/hello"}), 7);
    EXPECT_EQ(out, "");
    EXPECT_THAT(err, HasSubstr("error FunctionError: shop/hello raised TypeError: bad width"));
    EXPECT_THAT(err, HasSubstr("  File a.py, line 3\n"));
    EXPECT_THAT(err, HasSubstr("mayfly logs shop/hello"));
}

TEST_F(CliTest, ATimedOutFunctionEndsWith8) {
    canned["POST " + functions + "/hello/invocations"] = {
        .status = 200,
        .headers = {{"X-Fc-Error-Type", "UnhandledInvocationError"}},
        .body =
            R"x({"errorMessage":"Function timed out after 3 seconds (maxMemoryUsage: 1.00MB)"})x"};
    EXPECT_EQ(run({"invoke", "shop/hello"}), 8);
}

TEST_F(CliTest, ExitCodesTellWhatTheServerSaid) {
    const std::map<int, int> codes{{400, 2}, {403, 4}, {404, 3}, {409, 5},
                                   {412, 5}, {429, 6}, {500, 1}, {503, 9}};
    for (const auto& [status, code] : codes) {
        canned["POST " + functions + "/f/invocations"] = {
            .status = status, .body = R"({"ErrorCode":"C","ErrorMessage":"m"})"};
        EXPECT_EQ(run({"invoke", "shop/f"}), code) << status;
        EXPECT_EQ(err, "error C: m\n");
    }
}

TEST_F(CliTest, ErrorsAreJsonIfTheOutputIs) {
    EXPECT_EQ(run({"fn", "show", "shop/f", "-o", "json"}), 3);
    EXPECT_EQ(json::parse(err).at("error").at("code"), "FunctionNotFound");
}

TEST_F(CliTest, AFunctionNotFoundIsMetWithTheNearestName) {
    canned["GET " + functions + "?limit=100"] = {
        .status = 200, .body = R"({"functions":[{"functionName":"thumbs"}]})"};
    EXPECT_EQ(run({"fn", "show", "shop/thumb"}), 3);
    EXPECT_THAT(err, HasSubstr("did you mean 'thumbs'?"));
}

TEST_F(CliTest, FnLsGoesThroughServicesAndPages) {
    canned["GET /2016-08-15/services?limit=100"] = {
        .status = 200, .body = R"({"services":[{"serviceName":"shop"}]})"};
    canned["GET " + functions + "?limit=100"] = {
        .status = 200,
        .body =
            R"({"functions":[{"functionName":"a","runtime":"python3","memorySize":128}],"nextToken":"b"})"};
    canned["GET " + functions + "?limit=100&nextToken=b"] = {
        .status = 200, .body = R"({"functions":[{"functionName":"b"}]})"};
    ASSERT_EQ(run({"fn", "ls", "-o", "json"}), 0) << err;
    EXPECT_EQ(json::parse(out).at("functions").as_array().size(), 2u);
    ASSERT_EQ(run({"fn", "ls"}), 0);
    EXPECT_THAT(out, HasSubstr("shop     a         python3"));
}

TEST_F(CliTest, LogsAndBillReadTheServersOwnApi) {
    canned["GET /mayfly/v1/logs?service=shop&function=a&lines=2"] = {
        .status = 200, .body = R"({"lines":[{"time":"T","requestId":"R","text":"hello"}]})"};
    ASSERT_EQ(run({"logs", "shop/a", "-n", "2"}), 0) << err;
    EXPECT_EQ(out, "T  R  hello\n");
    canned["GET /mayfly/v1/bill"] = {
        .status = 200,
        .body =
            R"({"functions":[{"service":"shop","function":"a","invocations":4,"errors":1,"billedMs":1500,
                    "gbSeconds":0.1875,"cold":1}],"totals":{}})"};
    ASSERT_EQ(run({"bill"}), 0) << err;
    EXPECT_THAT(out, HasSubstr("shop/a    4            1       1.5 s   0.188  25.0 %"));
}

TEST_F(CliTest, EnvPrintsExportsAShellCanRead) {
    ASSERT_EQ(run({"env"}), 0) << err;
    EXPECT_THAT(out, HasSubstr("export FC_ENDPOINT='" + server.url() + "'\n"));
    EXPECT_THAT(out, HasSubstr("export ACCESS_KEY_SECRET='it'\\''s secret'\n"));
}

TEST_F(CliTest, TheServersFilesAreFoundThroughTheDataFolder) {
    std::ofstream(folder.path() / "server.json") << R"({"api":")" << server.url() << R"("})";
    std::ofstream(folder.path() / "credentials.json")
        << R"({"accessKeyId":"id","accessKeySecret":"it's secret","accountId":"7"})";
    env = {{"HOME", "/nowhere"}};
    EXPECT_EQ(run({"fn", "show", "shop/f", "--data", folder.path().string()}), 3) << err;
    EXPECT_EQ(run({"fn", "show", "shop/f", "--data", "/nowhere"}), 9);
    EXPECT_THAT(err, HasSubstr("mayfly serve"));
}

TEST_F(CliTest, AWrongSecretIsNotAllowed) {
    env["MAYFLY_ACCESS_KEY_SECRET"] = "wrong";
    EXPECT_EQ(run({"fn", "ls"}), 4);
    EXPECT_THAT(err, StartsWith("error SignatureNotMatch"));
}

TEST_F(CliTest, SlipsAreMetWithTheNearestWord) {
    EXPECT_EQ(run({"deplyo"}), 2);
    EXPECT_THAT(err, HasSubstr("did you mean 'deploy'?"));
    EXPECT_EQ(run({"bill", "--outptu", "json"}), 2);
    EXPECT_THAT(err, HasSubstr("did you mean '--output'?"));
    EXPECT_EQ(run({}), 2);
}

TEST_F(CliTest, EveryVerbExplainsItselfWithAnExample) {
    for (const auto* verb : {"deploy", "invoke", "fn", "logs", "bill", "env", "version"}) {
        EXPECT_EQ(run({verb, "--help"}), 0);
        EXPECT_THAT(out, HasSubstr("Example:")) << verb;
    }
    EXPECT_EQ(run({"version"}), 0);
    EXPECT_EQ(out, "mayfly " MAYFLY_VERSION "\n");
}

TEST_F(CliTest, MainAddsVerbsOfItsOwn) {
    std::istringstream in;
    std::ostringstream o, e;
    const auto add = [](CLI::App& app, Action& chosen) {
        app.add_subcommand("serve", "")->callback([&chosen] {
            chosen = [] { return Result<int>(42); };
        });
    };
    EXPECT_EQ(run_cli({"serve"}, {.io = {in, o, e}, .env = {}, .clock = clock}, add), 42);
}

}  // namespace
}  // namespace mayfly::cli
