#include "cli/pack.hpp"

#include "base/files.hpp"
#include "cli/ignore.hpp"
#include "io/run_for_tests.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace mayfly::cli {
namespace {

namespace fs = std::filesystem;

struct PackTest : testing::Test {
    void put(const std::string& name, const std::string& text = "x") {
        fs::create_directories((root / name).parent_path());
        std::ofstream(root / name) << text;
    }
    // Names in the package, "*" after those that may run.
    std::set<std::string> names(const std::optional<Addition>& addition = {}) {
        const auto zip = pack_folder(root, addition);
        if (!zip) return {zip.error().what};
        std::set<std::string> found;
        auto* a = archive_read_new();
        archive_read_support_format_zip(a);
        EXPECT_EQ(archive_read_open_memory(a, zip->data(), zip->size()), ARCHIVE_OK);
        for (archive_entry* e = nullptr; archive_read_next_header(a, &e) == ARCHIVE_OK;) {
            found.insert(archive_entry_pathname(e) +
                         std::string(archive_entry_perm(e) & 0100 ? "*" : ""));
        }
        archive_read_free(a);
        return found;
    }
    using Names = std::set<std::string>;

    io::TestFolder folder;
    fs::path root = folder.path() / "code";
};

TEST_F(PackTest, FilesAreTakenWithTheirFoldersAndTheRightToRun) {
    put("index.py");
    put("lib/a/b.py");
    put("bootstrap");
    fs::permissions(root / "bootstrap", fs::perms::owner_all);
    EXPECT_EQ(names(), (Names{"bootstrap*", "index.py", "lib/a/b.py"}));
}

TEST_F(PackTest, TheSameFilesGiveTheSameBytesWheneverTheyWereWritten) {
    put("b.py", "two");
    put("a.py", "one");
    const auto first = pack_folder(root).value();
    fs::remove(root / "a.py");
    put("a.py", "one");
    fs::last_write_time(root / "b.py", fs::file_time_type::clock::now() - std::chrono::hours(1000));
    EXPECT_EQ(pack_folder(root).value(), first);
    put("a.py", "another");
    EXPECT_NE(pack_folder(root).value(), first);
}

TEST_F(PackTest, SecretsHistoryAndIgnoredFilesStayOut) {
    put("index.py");
    put(".env", "SECRET=1");
    put(".git/config");
    put("sub/.env");
    put(".mayfly/meta.db");
    put("venv/big.so");
    put("notes.txt");
    put(".mayflyignore", "venv/\n*.txt\n.mayflyignore\n");
    EXPECT_EQ(names(), Names{"index.py"});
}

TEST_F(PackTest, LinksAreFollowedInsideTheFolderOnly) {
    put("real.py");
    put("lib/x.py");
    fs::create_symlink("real.py", root / "link.py");
    fs::create_directory_symlink("lib", root / "same");
    EXPECT_EQ(names(), (Names{"lib/x.py", "link.py", "real.py", "same/x.py"}));
    fs::create_symlink("/etc/hostname", root / "out");
    EXPECT_NE(pack_folder(root).error().what.find("leads out of the folder"), std::string::npos);
}

TEST_F(PackTest, ALinkThatGoesInARingIsAnErrorNotALoop) {
    put("a.py");
    fs::create_directory_symlink(".", root / "ring");
    EXPECT_NE(pack_folder(root).error().what.find("leads back"), std::string::npos);
}

TEST_F(PackTest, NothingToPackIsSaidSo) {
    fs::create_directories(root);
    EXPECT_EQ(pack_folder(root).error().kind, Kind::invalid);
    EXPECT_EQ(pack_folder(root / "none").error().kind, Kind::not_found);
}

TEST(Ignore, FollowsTheRulesOfGitignore) {
    Ignore rules;
    rules.add("# a comment\n*.pyc\n/top\ndocs/*.md\nbuild/\n**/cache\nlog/**\n!keep.pyc\n");
    EXPECT_TRUE(rules.ignores("a/b.pyc", false));
    EXPECT_FALSE(rules.ignores("a/keep.pyc", false));
    EXPECT_TRUE(rules.ignores("top", false));
    EXPECT_FALSE(rules.ignores("a/top", false));
    EXPECT_TRUE(rules.ignores("docs/x.md", false));
    EXPECT_FALSE(rules.ignores("docs/sub/x.md", false));
    EXPECT_TRUE(rules.ignores("a/build", true));
    EXPECT_FALSE(rules.ignores("a/build", false));
    EXPECT_TRUE(rules.ignores("a/b/cache", true));
    EXPECT_TRUE(rules.ignores("log/x/y", false));
    EXPECT_FALSE(rules.ignores("log", true));
}

TEST_F(PackTest, AnAdditionIsPackedBesideAndTakesThePlaceOfWhatItSays) {
    put("index.js", "own");
    put("node_modules/old/index.js");
    put("lib/node_modules/kept.js");
    const Addition added{folder.path() / "added", "/node_modules/"};
    fs::create_directories(added.folder / "node_modules" / "new");
    fs::create_directories(added.folder / "node_modules" / ".bin");
    std::ofstream(added.folder / "node_modules" / "new" / "cli.js") << "1";
    fs::create_symlink("../new/cli.js", added.folder / "node_modules" / ".bin" / "cli");
    std::ofstream(added.folder / "index.js") << "added";
    EXPECT_EQ(names(added), (Names{"index.js", "lib/node_modules/kept.js", "node_modules/.bin/cli",
                                   "node_modules/new/cli.js"}));
    EXPECT_EQ(names({{added.folder, "*"}}),
              (Names{"index.js", "node_modules/.bin/cli", "node_modules/new/cli.js"}));
}

}  // namespace
}  // namespace mayfly::cli
