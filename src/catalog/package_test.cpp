#include "catalog/package.hpp"

#include "base/files.hpp"
#include "catalog/zip_for_tests.hpp"
#include "io/run_for_tests.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

namespace mayfly::catalog {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class PackageTest : public testing::Test {
protected:
    Result<PackageFacts> unpack_it(const std::string& zip) { return unpack(zip, folder_, limits_); }

    // Refused with these words, and nothing is left behind.
    void expect_refused(const std::string& zip, const std::string& words) {
        const auto r = unpack_it(zip);
        ASSERT_FALSE(r) << words;
        EXPECT_EQ(r.error().code, "InvalidArgument");
        EXPECT_THAT(r.error().what, HasSubstr(words));
        EXPECT_TRUE(fs::is_empty(home_.path()));
    }

    unsigned mode(const std::string& name) {
        struct stat s{};
        CHECK(::stat((folder_ / name).c_str(), &s) == 0);
        return s.st_mode & 07777;
    }

    io::TestFolder home_;
    fs::path folder_ = home_.path() / "code";
    PackageLimits limits_;
};

TEST_F(PackageTest, FilesComeOutReadableForAllAndExecutableIfTheyWere) {
    ZipForTests zip;
    zip.folder("empty/")
        .file("index.py", "print(1)", 0600)
        .file("bin/run", "#!", 0755)
        .file("./a/b/ä.txt", "x");
    const auto facts = unpack_it(zip.bytes());
    ASSERT_TRUE(facts) << facts.error().what;
    EXPECT_EQ(facts->files, 3u);
    EXPECT_EQ(facts->bytes, 11u);
    EXPECT_EQ(read_file(folder_ / "index.py"), "print(1)");
    EXPECT_EQ(read_file(folder_ / "a/b/ä.txt"), "x");
    EXPECT_EQ(mode("index.py"), 0444u);
    EXPECT_EQ(mode("bin/run"), 0555u);
    EXPECT_EQ(mode("bin"), 0755u);
    EXPECT_EQ(mode("."), 0755u);
    EXPECT_TRUE(fs::is_directory(folder_ / "empty"));
}

TEST_F(PackageTest, UnpackingTheSameAgainIsNoError) {
    ZipForTests zip;
    const auto bytes = zip.file("a", "1").bytes();
    EXPECT_TRUE(unpack_it(bytes));
    EXPECT_TRUE(unpack_it(bytes));
    EXPECT_EQ(std::distance(fs::directory_iterator(home_.path()), {}), 1);
}

TEST_F(PackageTest, TenThousandFilesWork) {
    ZipForTests zip;
    for (int n = 0; n < 10'000; ++n) zip.file(fmt::format("lib/{}/{}.py", n % 100, n), "x");
    const auto facts = unpack_it(zip.bytes());
    ASSERT_TRUE(facts) << facts.error().what;
    EXPECT_EQ(facts->files, 10'000u);
}

TEST_F(PackageTest, NamesThatLeadOutAreRefused) {
    expect_refused(ZipForTests().file("../evil", "x").bytes(), "'../evil' leads out");
    expect_refused(ZipForTests().file("ok", "x").file("a/../../evil", "x").bytes(), "leads out");
    expect_refused(ZipForTests().file("/etc/evil", "x").bytes(), "absolute");
    expect_refused(ZipForTests().file(std::string(2000, 'a'), "x").bytes(), "2000 bytes");
    expect_refused(ZipForTests().file(std::string(300, 'a'), "x").bytes(), "longer than 255");
}

TEST_F(PackageTest, ANameWithANulByteIsRefused) {
    auto zip = ZipForTests().file("ok.py", "x").file("a.py#/../evil", "x").bytes();
    std::ranges::replace(zip, '#', '\0');
    expect_refused(zip, "'a.py?/../evil' has a NUL byte");
}

TEST_F(PackageTest, LinksAreRefused) {
    expect_refused(ZipForTests().link("l", "/etc").file("l/passwd", "x").bytes(), "'l' is a link");
}

TEST_F(PackageTest, ANameThatIsBothFileAndFolderIsRefused) {
    expect_refused(ZipForTests().file("a", "x").file("a/b", "x").bytes(),
                   "both a file and a folder");
    expect_refused(ZipForTests().file("a/b", "x").file("a", "x").bytes(),
                   "both a file and a folder");
    expect_refused(ZipForTests().file("a", "x").folder("a/").bytes(), "both a file and a folder");
}

TEST_F(PackageTest, OfTwoFilesWithOneNameTheLaterCounts) {
    EXPECT_TRUE(unpack_it(ZipForTests().file("a", "first").file("a", "2").bytes()));
    EXPECT_EQ(read_file(folder_ / "a"), "2");
}

TEST_F(PackageTest, WhatIsNoZipOrEmptyIsRefused) {
    expect_refused("", "empty");
    expect_refused("hello", "not a zip");
    expect_refused(ZipForTests().bytes(), "without any entry");
    expect_refused(ZipForTests().folder("a/").bytes(), "no file");
    expect_refused("PK\3\4 and then nothing", "not a readable zip");
    const auto whole = ZipForTests().file("a", std::string(5000, 'x')).bytes();
    expect_refused(whole.substr(0, whole.size() / 2), "not a readable zip");
}

TEST_F(PackageTest, ABombIsStoppedWhileItUnpacks) {
    limits_.unpacked_bytes_max = 1 << 20;
    expect_refused(ZipForTests().file("zeros", std::string(3 << 20, '\0')).bytes(),
                   "more than 1 MB");
    limits_ = {};
    limits_.ratio_free_bytes = 1 << 20;
    expect_refused(ZipForTests().file("zeros", std::string(3 << 20, '\0')).bytes(), "zip bomb");
    limits_ = {};
    limits_.entries_max = 10;
    ZipForTests many;
    for (int n = 0; n < 11; ++n) many.file(std::to_string(n), "x");
    expect_refused(many.bytes(), "more than 10 entries");
    limits_ = {};
    limits_.zip_bytes_max = 50;
    expect_refused(ZipForTests().file("a", "x").bytes(), "the package has");
}

// Cut short or changed at any byte: never a crash, never a file outside.
TEST_F(PackageTest, ADamagedZipDoesNoHarm) {
    const auto whole =
        ZipForTests().file("dir/a", "some text, some text").file("b", "more").bytes();
    const auto try_it = [&](const std::string& zip) {
        (void)unpack_it(zip);
        fs::remove_all(folder_);
        EXPECT_TRUE(fs::is_empty(home_.path()));
    };
    for (std::size_t i = 0; i < whole.size(); ++i) {
        auto changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ (i % 2 ? 0xff : 1));
        try_it(changed);
        if (i % 4 == 0) try_it(whole.substr(0, i));
    }
}

}  // namespace
}  // namespace mayfly::catalog
