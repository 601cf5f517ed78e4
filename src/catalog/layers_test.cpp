#include "catalog/layers.hpp"

#include "base/files.hpp"
#include "catalog/catalog_for_tests.hpp"
#include "catalog/layer_arn.hpp"

#include <gmock/gmock.h>

namespace mayfly::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LayersTest : public CatalogTest {
protected:
    Result<LayerVersion> publish(const std::string& name, const std::string& content,
                                 std::vector<std::string> runtimes = {}) {
        return run(catalog_->layers().publish(
            account, name,
            {.runtimes = std::move(runtimes),
             .zip = ZipForTests().file("same", content).file(name, content).bytes()}));
    }
    Result<void> remove(const std::string& name, int version) {
        return run(catalog_->layers().remove({account, name, version}));
    }
    static std::string arn(const std::string& name, int version) {
        return layer_arn({account, name, version}, "here");
    }
    Result<Function> create_with(const std::string& name, std::vector<std::string> arns) {
        auto change = function_change("code");
        change.layers = std::move(arns);
        return run(catalog_->create_function(account, "demo", name, std::move(change)));
    }
    Result<Function> update(const std::string& name, FunctionChange change) {
        return run(catalog_->update_function(account, "demo", name, std::move(change), ""));
    }
    std::string at_opt(const std::string& function, const std::string& file) {
        return read_file(route(function).value()->folders.layers / file).value_or("none");
    }
};

TEST_F(LayersTest, AVersionIsThereAfterARestart) {
    const auto made = run(catalog_->layers().publish(
        account, "lib", {"words", {"python3"}, ZipForTests().file("x", "1").bytes()}));
    ASSERT_TRUE(made) << made.error().what;
    EXPECT_EQ(made->name.version, 1);
    ASSERT_TRUE(run(catalog_->layers().set_public(account, "lib", true)));
    start();
    const auto found = catalog_->layers().version(account, {account, "lib", 1});
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->description, "words");
    EXPECT_THAT(found->runtimes, ElementsAre("python3"));
    EXPECT_EQ(found->code.sha256, made->code.sha256);
    EXPECT_TRUE(catalog_->layers().is_public(found->name));
}

TEST_F(LayersTest, ANumberIsNeverGivenTwice) {
    ASSERT_EQ(publish("lib", "1")->name.version, 1);
    ASSERT_EQ(publish("lib", "2")->name.version, 2);
    ASSERT_TRUE(remove("lib", 2));
    start();
    ASSERT_TRUE(remove("lib", 1));
    start();
    EXPECT_EQ(code(catalog_->layers().versions(account, "lib", 1, 10)), "LayerNotFound");
    EXPECT_EQ(publish("lib", "3")->name.version, 3);
}

TEST_F(LayersTest, ListsShowTheNewestOfEachAndPages) {
    for (const auto* name : {"b", "a", "b"}) ASSERT_TRUE(publish(name, name));
    const auto page = catalog_->layers().newest(account, {});
    ASSERT_EQ(page.items.size(), 2u);
    EXPECT_EQ(page.items[0].name, (LayerName{account, "a", 1}));
    EXPECT_EQ(page.items[1].name, (LayerName{account, "b", 2}));
    EXPECT_EQ(catalog_->layers().newest(account, {.limit = 1}).next_token, "b");
    const auto versions = catalog_->layers().versions(account, "b", 1, 1).value();
    EXPECT_EQ(versions.items.size(), 1u);
    EXPECT_EQ(versions.next_version, 2);
    EXPECT_TRUE(catalog_->layers().newest_public({}).items.empty());
    ASSERT_TRUE(run(catalog_->layers().set_public(account, "a", true)));
    EXPECT_EQ(catalog_->layers().newest_public({}).items.size(), 1u);
}

TEST_F(LayersTest, AnotherAccountSeesOnlyWhatIsPublic) {
    ASSERT_TRUE(publish("lib", "1"));
    const LayerName name{account, "lib", 1};
    EXPECT_EQ(code(catalog_->layers().version("2", name)), "LayerNotFound");
    ASSERT_TRUE(run(catalog_->layers().set_public(account, "lib", true)));
    EXPECT_EQ(code(catalog_->layers().version("2", name)), "ok");
}

TEST_F(LayersTest, AFunctionSeesItsLayersAsOneFolder) {
    create_demo();
    ASSERT_TRUE(publish("one", "1"));
    ASSERT_TRUE(publish("two", "2"));
    const auto made = create_with("f", {arn("one", 1), old_layer_arn({account, "two", 1})});
    ASSERT_TRUE(made) << made.error().what;
    EXPECT_EQ(at_opt("f", "same"), "2");
    EXPECT_EQ(at_opt("f", "one"), "1");
    FunctionChange turned;
    turned.layers = {arn("two", 1), arn("one", 1)};
    ASSERT_TRUE(update("f", turned));
    EXPECT_EQ(at_opt("f", "same"), "1");
    start();
    EXPECT_EQ(at_opt("f", "same"), "1");
    FunctionChange none;
    none.layers.emplace();
    ASSERT_TRUE(update("f", none));
    EXPECT_TRUE(route("f").value()->folders.layers.empty());
    EXPECT_EQ(code_folders(), 3u);  // the function's and the two layers'
}

TEST_F(LayersTest, ADeletedVersionStaysWithTheFunctionsThatUseItAndGoesWithTheLast) {
    create_demo();
    ASSERT_TRUE(publish("lib", "1"));
    ASSERT_TRUE(publish("two", "2"));
    ASSERT_TRUE(create_with("f", {arn("lib", 1), arn("two", 1)}));
    ASSERT_TRUE(remove("lib", 1));
    EXPECT_EQ(code(create_with("g", {arn("lib", 1)})), "LayerNotFound");
    start();
    EXPECT_EQ(at_opt("f", "lib"), "1");
    FunctionChange same;
    same.layers = {arn("two", 1), arn("lib", 1)};
    ASSERT_TRUE(update("f", same));
    EXPECT_EQ(at_opt("f", "same"), "1");
    ASSERT_TRUE(run(catalog_->delete_function(account, "demo", "f", "")));
    ASSERT_TRUE(remove("two", 1));
    EXPECT_EQ(code_folders(), 0u);
    EXPECT_TRUE(blobs_.list()->empty());
}

TEST_F(LayersTest, WhatAFunctionMayNotUseIsExplained) {
    create_demo();
    ASSERT_TRUE(publish("js", "1", {"nodejs20"}));
    ASSERT_TRUE(publish("any", "1"));
    const auto wrong = create_with("f", {arn("js", 1)});
    EXPECT_EQ(code(wrong), "InvalidArgument");
    EXPECT_THAT(wrong.error().what,
                HasSubstr("runtime: python3 is not supported by layer:acs:fc:local:"));
    EXPECT_EQ(code(create_with("f", std::vector(6, arn("any", 1)))), "InvalidArgument");
    EXPECT_EQ(code(create_with("f", {"any"})), "InvalidArgument");
    EXPECT_EQ(code(create_with("f", {arn("any", 2)})), "LayerVersionNotFound");
    EXPECT_EQ(code(create_with("f", {arn("none", 1)})), "LayerNotFound");
    EXPECT_EQ(code(create_with("f", std::vector(5, arn("any", 1)))), "ok");
    FunctionChange node;
    node.runtime = "nodejs20";
    node.layers = {arn("js", 1)};
    ASSERT_TRUE(update("f", node));
    FunctionChange python;
    python.runtime = "python3";
    EXPECT_EQ(code(update("f", python)), "InvalidArgument");
}

TEST_F(LayersTest, WhatIsNoLayerIsRefused) {
    EXPECT_EQ(code(publish("1st", "x")), "InvalidArgument");
    EXPECT_EQ(code(publish("lib", "x", {"cobol"})), "InvalidArgument");
    EXPECT_EQ(code(run(catalog_->layers().publish(account, "lib", {}))), "InvalidArgument");
    EXPECT_EQ(code(run(catalog_->layers().publish(account, "lib", {.zip = "no zip"}))),
              "InvalidArgument");
    EXPECT_EQ(code(run(catalog_->layers().set_public(account, "lib", true))), "LayerNotFound");
    EXPECT_EQ(code(remove("lib", 1)), "LayerNotFound");
    EXPECT_EQ(code_folders(), 0u);
}

TEST_F(LayersTest, ADamagedLayerIsNamedAndTheFunctionWithIt) {
    create_demo();
    const auto layer = publish("lib", "1").value();
    ASSERT_TRUE(create_with("f", {arn("lib", 1)}));
    const auto blob = home_.path() / "blobs" / layer.code.sha256.substr(0, 2) / layer.code.sha256;
    catalog_.reset();
    fs::remove_all(home_.path() / "code");
    fs::permissions(blob, fs::perms::owner_all);
    ASSERT_TRUE(write_file_durably(blob, "rot"));
    start();
    EXPECT_EQ(code(route("f")), "CodeDamaged");
    EXPECT_EQ(code(create_with("g", {arn("lib", 1)})), "CodeDamaged");
    ASSERT_TRUE(publish("lib", "2"));
    FunctionChange healed;
    healed.layers = {arn("lib", 2)};
    ASSERT_TRUE(update("f", healed));
    EXPECT_EQ(at_opt("f", "lib"), "2");
}

TEST(LayerArn, BothFormsAreReadAndWritten) {
    const LayerName name{"17", "lib", 3};
    EXPECT_EQ(layer_arn(name, "here"), "acs:fc:here:17:layers/lib/versions/3");
    EXPECT_EQ(parse_layer_arn("acs:fc:elsewhere:17:layers/lib/versions/3", "1"), name);
    EXPECT_EQ(parse_layer_arn(old_layer_arn(name), "17"), name);
    EXPECT_EQ(code(parse_layer_arn(old_layer_arn(name), "18")), "LayerVersionNotFound");
    for (const auto* wrong :
         {"", "lib", "a#b", "a#b#c", "acs:fc:here:17:layers/lib/versions/0",
          "acs:fc:here:17:layers/lib", "acs:fc:here:17:functions/f/versions/1", "17#lib#-1"})
        EXPECT_EQ(code(parse_layer_arn(wrong, "17")), "InvalidArgument") << wrong;
}

}  // namespace
}  // namespace mayfly::catalog
