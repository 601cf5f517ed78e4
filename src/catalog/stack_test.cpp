#include "catalog/stack.hpp"

#include "base/files.hpp"
#include "io/run_for_tests.hpp"

#include <gtest/gtest.h>

namespace mayfly::catalog {
namespace {

namespace fs = std::filesystem;

class StackTest : public testing::Test {
protected:
    fs::path part(const std::string& name, const std::map<std::string, std::string>& files) {
        const auto folder = home_.path() / name;
        for (const auto& [file, content] : files) {
            fs::create_directories((folder / file).parent_path());
            EXPECT_TRUE(write_file_durably(folder / file, content, 0444));
        }
        return folder;
    }
    std::string text(const std::string& file) {
        return read_file(home_.path() / "all" / file).value_or("none");
    }
    Result<void> stack(const std::vector<fs::path>& parts) {
        return stack_folders(parts, home_.path() / "all");
    }
    io::TestFolder home_;
};

TEST_F(StackTest, FoldersAreOneAndOfTwoFilesTheLaterCounts) {
    const auto a = part("a", {{"bin/x", "a"}, {"lib/deep/er/x", "a"}, {"only", "a"}});
    const auto b = part("b", {{"bin/x", "b"}, {"bin/y", "b"}, {"lib/deep/x", "b"}});
    ASSERT_TRUE(stack({a, b}));
    EXPECT_EQ(text("bin/x"), "b");
    EXPECT_EQ(text("bin/y"), "b");
    EXPECT_EQ(text("only"), "a");
    EXPECT_EQ(text("lib/deep/er/x"), "a");
    EXPECT_EQ(text("lib/deep/x"), "b");
    EXPECT_EQ(read_file(a / "bin/x"), "a");  // the parts are as they were
}

TEST_F(StackTest, NothingIsCopied) {
    const auto a = part("a", {{"big", std::string(1 << 20, 'x')}});
    const auto b = part("b", {{"small", "b"}});
    ASSERT_TRUE(stack({a, b}));
    EXPECT_TRUE(fs::equivalent(a / "big", home_.path() / "all" / "big"));
    EXPECT_EQ(fs::hard_link_count(b / "small"), 2u);
}

TEST_F(StackTest, AFileTakesTheNameOfAFolderAndTheOtherWayRound) {
    const auto a = part("a", {{"was_file", "a"}, {"was_folder/deep/x", "a"}});
    const auto b = part("b", {{"was_file/x", "b"}, {"was_folder", "b"}});
    ASSERT_TRUE(stack({a, b}));
    EXPECT_EQ(text("was_file/x"), "b");
    EXPECT_EQ(text("was_folder"), "b");
    EXPECT_EQ(read_file(a / "was_folder/deep/x"), "a");
}

TEST_F(StackTest, APartThatIsMissingLeavesNothingBehind) {
    EXPECT_EQ(stack({part("a", {{"x", "a"}}), home_.path() / "missing"}).error().kind,
              Kind::internal);
    std::size_t left = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(home_.path())) ++left;
    EXPECT_EQ(left, 1u);  // the part
}

}  // namespace
}  // namespace mayfly::catalog
