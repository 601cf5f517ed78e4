#include "catalog/catalog.hpp"

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "catalog/catalog_for_tests.hpp"
#include "catalog/records.hpp"
#include "catalog/trigger_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::catalog {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST_F(CatalogTest, WhatWasCreatedIsThereAfterARestart) {
    ServiceChange change;
    change.description = "words";
    change.internet_access = true;
    const auto service = run(catalog_->create_service(account, "demo", change));
    ASSERT_TRUE(service);
    auto wanted = function_change("v1");
    wanted.environment.emplace()["A"] = "b";
    wanted.timeout = Seconds(77);
    const auto made = run(catalog_->create_function(account, "demo", "hello", wanted));
    ASSERT_TRUE(made) << made.error().what;
    start();
    EXPECT_EQ(to_record(*catalog_->service(account, "demo")), to_record(*service));
    EXPECT_EQ(to_record(*catalog_->function(account, "demo", "hello")), to_record(*made));
    const auto found = route("hello");
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)->function.spec.timeout, Seconds(77));
    EXPECT_TRUE((*found)->service.internet_access);
    EXPECT_EQ(read_file((*found)->folders.code / "index.py"), "v1");
    EXPECT_EQ(made->code.crc64, crc64(*wanted.zip));
    EXPECT_EQ(run(catalog_->package(made->code)), *wanted.zip);
}

TEST_F(CatalogTest, NobodyHasTheInternetWhoDidNotAskForIt) {
    EXPECT_FALSE(run(catalog_->create_service(account, "demo", {}))->spec.internet_access);
}

TEST_F(CatalogTest, EachRefusalHasFcsCode) {
    EXPECT_EQ(code(create("hello", "x")), "ServiceNotFound");
    create_demo();
    EXPECT_EQ(code(run(catalog_->create_service(account, "demo", {}))), "ServiceAlreadyExists");
    EXPECT_EQ(code(run(catalog_->create_service(account, "no.dots", {}))), "InvalidArgument");
    EXPECT_EQ(code(route("hello")), "FunctionNotFound");
    EXPECT_EQ(code(catalog_->route({"other", "demo", "", "hello"})), "ServiceNotFound");
    ASSERT_TRUE(create("hello", "x"));
    EXPECT_EQ(code(create("hello", "x")), "FunctionAlreadyExists");
    EXPECT_EQ(code(run(catalog_->delete_service(account, "demo", ""))), "ServiceNotEmpty");
    EXPECT_EQ(code(run(catalog_->delete_function(account, "demo", "nobody", ""))),
              "FunctionNotFound");
    EXPECT_EQ(code(route("hello", "LATEST")), "ok");
    EXPECT_EQ(code(route("hello", "3")), "VersionNotFound");
    EXPECT_EQ(code(route("hello", "prod")), "AliasNotFound");
    auto without_code = function_change("x");
    without_code.zip.reset();
    EXPECT_EQ(code(run(catalog_->create_function(account, "demo", "f", without_code))),
              "InvalidArgument");
    auto wrong_sum = function_change("x");
    wrong_sum.checksum = "1";
    EXPECT_EQ(code(run(catalog_->create_function(account, "demo", "f", wrong_sum))),
              "InvalidArgument");
    EXPECT_TRUE(run(catalog_->delete_function(account, "demo", "hello", "")));
    EXPECT_TRUE(run(catalog_->delete_service(account, "demo", "")));
    EXPECT_EQ(code(catalog_->service(account, "demo")), "ServiceNotFound");
    start();
    EXPECT_EQ(code(catalog_->service(account, "demo")), "ServiceNotFound");
}

TEST_F(CatalogTest, AnUpdateKeepsWhatItDoesNotNameAndNeedsTheRightEtag) {
    create_demo();
    const auto made = create("hello", "v1").value();
    FunctionChange change;
    change.memory_mb = 256;
    EXPECT_EQ(code(run(catalog_->update_function(account, "demo", "hello", change, "stale"))),
              "PreconditionFailed");
    const auto next = run(catalog_->update_function(account, "demo", "hello", change, made.etag));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->spec.memory_mb, 256);
    EXPECT_EQ(next->spec.handler, "index.handler");
    EXPECT_EQ(next->code.sha256, made.code.sha256);
    EXPECT_NE(next->etag, made.etag);
    EXPECT_EQ(code(run(catalog_->delete_function(account, "demo", "hello", made.etag))),
              "PreconditionFailed");
}

TEST_F(CatalogTest, EveryChangeMakesANewRevisionAndRetiresTheOld) {
    create_demo();
    ASSERT_TRUE(create("hello", "v1"));
    const auto first = route("hello").value();
    ASSERT_TRUE(run(catalog_->update_function(account, "demo", "hello", {}, "")));
    const auto second = route("hello").value();
    ASSERT_TRUE(run(catalog_->update_service(account, "demo", {}, "")));
    const auto third = route("hello").value();
    ASSERT_TRUE(run(catalog_->delete_function(account, "demo", "hello", "")));
    EXPECT_THAT(retired_, ElementsAre(first->id, second->id, third->id));
}

TEST_F(CatalogTest, TwoChangesAtOnceDoNotOverlap) {
    create_demo();
    std::vector<std::string> outcomes;
    for (int n = 0; n < 3; ++n)
        boost::asio::co_spawn(
            loop_, catalog_->create_function(account, "demo", "hello", function_change("x")),
            [&](std::exception_ptr, Result<Function> r) { outcomes.push_back(code(r)); });
    boost::asio::co_spawn(loop_, catalog_->delete_service(account, "demo", ""),
                          [&](std::exception_ptr, Result<void> r) { outcomes.push_back(code(r)); });
    while (outcomes.size() < 4) loop_.run_one();
    EXPECT_THAT(outcomes, ElementsAre("ConcurrentUpdateError", "ConcurrentUpdateError",
                                      "ConcurrentUpdateError", "ok"));
}

TEST_F(CatalogTest, CodeStaysWhileAnyoneUsesItAndGoesAfterwards) {
    create_demo();
    ASSERT_TRUE(create("a", "same"));
    ASSERT_TRUE(create("b", "same"));
    EXPECT_EQ(code_folders(), 1u);
    auto running = route("a").value();
    ASSERT_TRUE(run(catalog_->delete_function(account, "demo", "a", "")));
    ASSERT_TRUE(run(catalog_->delete_function(account, "demo", "b", "")));
    EXPECT_EQ(code_folders(), 1u);
    EXPECT_EQ(read_file(running->folders.code / "index.py"), "same");
    running.reset();
    EXPECT_EQ(code_folders(), 0u);
    EXPECT_TRUE(blobs_.list()->empty());
    ASSERT_TRUE(create("a", "same"));
    EXPECT_EQ(code_folders(), 1u);
}

TEST_F(CatalogTest, ARestartRebuildsMissingFoldersAndRemovesWhatNobodyNames) {
    create_demo();
    ASSERT_TRUE(create("hello", "v1"));
    const auto folder = route("hello").value()->folders.code;
    catalog_.reset();
    fs::remove_all(folder);
    ASSERT_TRUE(blobs_.put("nobody's"));
    fs::create_directory(home_.path() / "code" / "draft-abc");
    start();
    EXPECT_EQ(read_file(folder / "index.py"), "v1");
    EXPECT_EQ(code_folders(), 1u);
    EXPECT_EQ(blobs_.list()->size(), 1u);
}

TEST_F(CatalogTest, FoldersOfAnEarlierBootAreUnpackedAgain) {
    create_demo();
    ASSERT_TRUE(create("hello", "v1"));
    const auto index = route("hello").value()->folders.code / "index.py";
    fs::permissions(index, fs::perms::owner_all);
    ASSERT_TRUE(write_file_durably(index, "torn"));
    start();
    EXPECT_EQ(read_file(index), "torn");  // the same boot: nothing was lost, nothing is done
    ASSERT_TRUE(write_file_durably(home_.path() / "code" / "boot", "another"));
    start();
    EXPECT_EQ(read_file(index), "v1");
}

TEST_F(CatalogTest, ADamagedPackageIsNamedAndANewUploadHealsIt) {
    create_demo();
    const auto made = create("hello", "v1").value();
    const auto blob = home_.path() / "blobs" / made.code.sha256.substr(0, 2) / made.code.sha256;
    catalog_.reset();
    fs::remove_all(home_.path() / "code");
    fs::permissions(blob, fs::perms::owner_all);
    ASSERT_TRUE(write_file_durably(blob, "rot"));
    log_ = Log(Level::error);
    start();
    EXPECT_EQ(code(route("hello")), "CodeDamaged");
    EXPECT_EQ(code(run(catalog_->package(made.code))), "BlobDamaged");
    ASSERT_TRUE(
        run(catalog_->update_function(account, "demo", "hello", function_change("v1"), "")));
    EXPECT_EQ(read_file(route("hello").value()->folders.code / "index.py"), "v1");
}

TEST_F(CatalogTest, ListsArePagedByName) {
    create_demo();
    for (const auto* name : {"b2", "a", "b1", "b3", "c"}) ASSERT_TRUE(create(name, "x"));
    const auto names = [&](const ListQuery& query) {
        std::vector<std::string> out;
        const auto page = catalog_->functions(account, "demo", query).value();
        for (const auto& f : page.items) out.push_back(f.spec.name);
        out.push_back(">" + page.next_token);
        return out;
    };
    EXPECT_THAT(names({.limit = 2}), ElementsAre("a", "b1", ">b2"));
    EXPECT_THAT(names({.next_token = "b2", .limit = 2}), ElementsAre("b2", "b3", ">c"));
    EXPECT_THAT(names({.prefix = "b"}), ElementsAre("b1", "b2", "b3", ">"));
    EXPECT_THAT(names({.prefix = "b", .start_key = "b2"}), ElementsAre("b2", "b3", ">"));
    EXPECT_THAT(names({.start_key = "c"}), ElementsAre("c", ">"));
    EXPECT_TRUE(catalog_->services("nobody", {}).items.empty());
}

class TriggerTest : public CatalogTest {
protected:
    TriggerTest() {
        CHECK(run(catalog_->create_service(account, "demo", {})));
        CHECK(create("hello", "v1"));
    }

    static TriggerChange http(const std::string& auth, const std::string& methods) {
        TriggerChange change;
        change.type = "http";
        change.config = R"({"AUTHTYPE":")" + auth + R"(","methods":)" + methods + "}";
        return change;
    }
    Result<Trigger> make(const std::string& name, TriggerChange change) {
        return run(catalog_->create_trigger(account, "demo", "hello", name, std::move(change)));
    }
    Result<Trigger> change(const std::string& name, TriggerChange change,
                           const std::string& if_match = "") {
        return run(
            catalog_->update_trigger(account, "demo", "hello", name, std::move(change), if_match));
    }
    std::string remove(const std::string& name) {
        return code(run(catalog_->delete_trigger(account, "demo", "hello", name, "")));
    }
    std::optional<HttpAccess> access() {
        return catalog_
            ->http_access(
                {.account = account, .service = "demo", .qualifier = "LATEST", .function = "hello"})
            .value();
    }
};

TEST_F(TriggerTest, AnHttpTriggerLetsInWhomItsConfigurationSaysAlsoAfterARestart) {
    EXPECT_FALSE(access());
    const auto made = make("web", http("anonymous", R"(["POST","GET"])"));
    ASSERT_TRUE(made) << made.error().what;
    EXPECT_EQ(made->spec.config, R"({"authType":"anonymous","methods":["GET","POST"]})");
    start();
    ASSERT_TRUE(access());
    EXPECT_TRUE(access()->anonymous);
    EXPECT_TRUE(access()->allows("GET"));
    EXPECT_FALSE(access()->allows("PUT"));
    EXPECT_FALSE(access()->allows("get"));
    const auto etag = catalog_->trigger(account, "demo", "hello", "web").value().etag;
    EXPECT_EQ(etag, made->etag);
    EXPECT_EQ(code(change("web", http("function", R"(["PUT"])"), "old")), "PreconditionFailed");
    ASSERT_TRUE(change("web", http("function", R"(["PUT"])"), etag));
    EXPECT_FALSE(access()->anonymous);
    EXPECT_TRUE(access()->allows("PUT"));
    EXPECT_EQ(remove("web"), "ok");
    EXPECT_FALSE(access());
    EXPECT_EQ(remove("web"), "TriggerNotFound");
}

TEST_F(TriggerTest, AFunctionIsNotRemovedUnderItsTriggersNorLosesThemByAChange) {
    ASSERT_TRUE(make("web", http("anonymous", R"(["GET"])")));
    EXPECT_EQ(code(run(catalog_->delete_function(account, "demo", "hello", ""))),
              "FunctionNotEmpty");
    ASSERT_TRUE(
        run(catalog_->update_function(account, "demo", "hello", function_change("v2"), "")));
    EXPECT_TRUE(access());
    EXPECT_EQ(remove("web"), "ok");
    ASSERT_TRUE(run(catalog_->delete_function(account, "demo", "hello", "")));
    ASSERT_TRUE(create("hello", "v3"));
    EXPECT_TRUE(catalog_->triggers(account, "demo", "hello", {}).value().items.empty());
}

TEST_F(TriggerTest, AQualifierHasOneHttpTrigger) {
    ASSERT_TRUE(make("web", http("anonymous", R"(["GET"])")));
    EXPECT_EQ(code(make("web", http("anonymous", R"(["GET"])"))), "TriggerAlreadyExists");
    auto second = http("function", R"(["GET"])");
    second.qualifier = "LATEST";
    const auto refused = make("more", second);
    EXPECT_EQ(code(refused), "InvalidArgument");
    EXPECT_THAT(refused.error().what, testing::HasSubstr("'web' for LATEST already"));
    second.qualifier = "prod";
    EXPECT_EQ(code(make("more", second)), "AliasNotFound");
    EXPECT_TRUE(change("web", second = http("function", R"(["GET"])")));  // itself is no obstacle
}

TEST_F(TriggerTest, AnEleventhTriggerIsOneTooMany) {
    // Of the one type there is, a qualifier has one: the others are put where load() finds them.
    auto trigger = make("t0", http("anonymous", R"(["GET"])")).value();
    for (int n = 1; n < 10; ++n) {
        trigger.spec.name = "t" + std::to_string(n);
        trigger.spec.qualifier = std::to_string(n);
        ASSERT_TRUE(run(meta_->put(key_of(trigger), to_record(trigger), store::expect_absent)));
    }
    start();
    EXPECT_EQ(code(make("t10", http("anonymous", R"(["GET"])"))), "LimitExceededError");
    const auto page = catalog_->triggers(account, "demo", "hello", {.limit = 4}).value();
    EXPECT_EQ(page.items.size(), 4u);
    EXPECT_EQ(page.next_token, "t4");
}

TEST_F(TriggerTest, ATriggerChangesNotTogetherWithItsFunction) {
    std::vector<std::string> outcomes;
    boost::asio::co_spawn(
        loop_,
        catalog_->create_trigger(account, "demo", "hello", "web", http("function", R"(["GET"])")),
        [&](std::exception_ptr, Result<Trigger> r) { outcomes.push_back(code(r)); });
    boost::asio::co_spawn(loop_, catalog_->delete_function(account, "demo", "hello", ""),
                          [&](std::exception_ptr, Result<void> r) { outcomes.push_back(code(r)); });
    while (outcomes.size() < 2) loop_.run_one();
    EXPECT_THAT(outcomes, UnorderedElementsAre("ConcurrentUpdateError", "ok"));
}

TEST(TriggerRules, AreCheckedAndTheSentenceSaysWhatIsAllowed) {
    const auto refusal = [](const std::string& type, const std::string& config,
                            const std::string& name = "t") {
        const auto checked = check_trigger({.name = name, .type = type, .config = config});
        return checked ? "" : checked.error().code + ": " + checked.error().what;
    };
    using testing::HasSubstr;
    const std::string good = R"({"authType":"function","methods":["GET"],"more":1})";
    EXPECT_EQ(refusal("http", good), "");
    EXPECT_THAT(refusal("http", good, "1st"), HasSubstr("the trigger name '1st'"));
    EXPECT_THAT(refusal("log", good), HasSubstr("triggerType is 'log'; this version of the server "
                                                "has http, oss, timer and eventbridge"));
    EXPECT_EQ(refusal("timer", R"({"cronExpression":"@every 5m","enable":false})"), "");
    EXPECT_EQ(refusal("eventbridge", R"({"eventRuleFilterPattern":"{}"})"), "");
    EXPECT_THAT(refusal("eventbridge", R"({"eventRuleFilterPattern":{"a":1}})"),
                HasSubstr("pattern field 'a' must be a list"));
    EXPECT_THAT(refusal("timer", "{}"), HasSubstr("cronExpression is missing"));
    EXPECT_THAT(refusal("timer", R"({"cronExpression":"0 0 25 * * *"})"),
                HasSubstr("at character 5: '25' is no hours"));
    EXPECT_THAT(refusal("http", "[]"), HasSubstr("triggerConfig must be an object"));
    EXPECT_THAT(refusal("http", "{}"), HasSubstr("'anonymous', for everyone, or 'function'"));
    EXPECT_THAT(refusal("http", R"({"authType":"jwt"})"), HasSubstr("authType is 'jwt'"));
    EXPECT_THAT(refusal("http", R"({"authType":"function","methods":[]})"),
                HasSubstr("at least one of GET, POST"));
    EXPECT_THAT(refusal("http", R"({"authType":"function","methods":["TRACE"]})"),
                HasSubstr("has 'TRACE'; there are GET, POST, PUT, DELETE, HEAD, PATCH, OPTIONS"));
    EXPECT_THAT(refusal("http", R"({"authType":"function","methods":"GET"})"),
                HasSubstr("triggerConfig.methods must be a list of strings"));
}

TEST(Records, OldTriggersAreReadAndNewerFormatsRefused) {
    const std::string old =
        R"({"format":1,"account":"1","service":"s","function":"f","spec":{"name":"t","type":"http","config":"{}",)"
        R"("sourceArn":"","invocationRole":"","qualifier":"LATEST","description":"d"},"id":"i",)"
        R"("createdMicros":1,"modifiedMicros":2,"etag":"e"})";
    const auto t = trigger_from_record(old);
    ASSERT_TRUE(t) << t.error().what;
    EXPECT_EQ(to_record(*t), old);
    EXPECT_EQ(key_of(*t), "fc/trigger/1/s/f/t");
    auto newer = old;
    newer[10] = '2';
    EXPECT_EQ(trigger_from_record(newer).error().kind, Kind::internal);
    EXPECT_FALSE(trigger_from_record("{}"));
}

TEST(Records, OldBytesAreReadAndNewerFormatsRefused) {
    const std::string old =
        R"({"format":1,"account":"1","service":"s","spec":{"name":"f","description":"","runtime":"python3",)"
        R"("handler":"index.handler","initializer":"","timeoutSeconds":3,"initializationTimeoutSeconds":3,)"
        R"("memoryMb":128,"diskMb":512,"instanceConcurrency":1,"environment":{"A":"b"}},"code":{"sha256":"00",)"
        R"("crc64":"18446744073709551615","zipBytes":5},"id":"i","createdMicros":1,"modifiedMicros":2,"etag":"e"})";
    const auto f = function_from_record(old);
    ASSERT_TRUE(f) << f.error().what;
    EXPECT_EQ(f->code.crc64, ~0ull);
    EXPECT_EQ(to_record(*f), old);
    auto more = *f;
    more.spec.ca_port = 8080;
    more.spec.args = {"-v"};
    more.spec.health_check = {.path = "/ready", .failure_threshold = 9};
    more.spec.pre_stop = {.handler = "index.stop", .timeout = Seconds(9)};
    const auto again = function_from_record(to_record(more));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->spec.ca_port, 8080);
    EXPECT_EQ(again->spec.args, more.spec.args);
    EXPECT_EQ(again->spec.health_check, more.spec.health_check);
    EXPECT_EQ(again->spec.pre_stop, more.spec.pre_stop);
    auto newer = old;
    newer[10] = '2';
    EXPECT_EQ(function_from_record(newer).error().kind, Kind::internal);
    EXPECT_FALSE(function_from_record("{}"));
    EXPECT_FALSE(function_from_record("not json"));
    EXPECT_FALSE(service_from_record("[]"));
}

}  // namespace
}  // namespace mayfly::catalog
