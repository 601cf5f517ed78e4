#include "door/form_data.hpp"

#include <gtest/gtest.h>

namespace mayfly::door {
namespace {

const std::string kForm =
    "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nuser/${filename}\r\n"
    "--b\r\ncontent-disposition: form-data; name=empty\r\n\r\n\r\n"
    "--b\r\nContent-Disposition: form-data; filename=\"C:\\x\\a \\\"b\\\";c.txt\"; "
    "name=\"file\"\r\n"
    "Content-Type: text/plain\r\n\r\n"
    "one\r\n--not it\r\n--\r\n"
    "\r\n--b--\r\nand more";
const std::string kFile = "one\r\n--not it\r\n--\r\n";

TEST(Forms, AreReadWhateverTheCuts) {
    for (std::size_t step = 1; step < kForm.size(); ++step) {
        FormData form("b");
        std::string file;
        for (std::size_t at = 0; at < kForm.size(); at += step)
            ASSERT_TRUE(form.add(std::string_view(kForm).substr(at, step), file)) << step;
        EXPECT_TRUE(form.file_ended());
        EXPECT_EQ(file, kFile) << step;
        EXPECT_EQ(form.fields(), (auth::FormFields{{"key", "user/${filename}"}, {"empty", ""}}));
        EXPECT_EQ(form.file_name(), "a \"b\";c.txt");
        EXPECT_EQ(form.file_type(), "text/plain");
    }
}

TEST(Forms, HandTheFileOnAsItComes) {
    FormData form("b");
    std::string file;
    ASSERT_TRUE(form.add("--b\r\nContent-Disposition: form-data; name=file\r\n\r\n", file));
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(form.add("0123456789", file));
        EXPECT_GE(file.size() + 6,
                  static_cast<std::size_t>(10 * (i + 1)));  // a mark may have begun
    }
    EXPECT_FALSE(form.file_ended());
}

std::string outcome(std::string_view text) {
    FormData form("b");
    std::string file;
    const auto done = form.add(text, file);
    return done ? "" : done.error().code;
}

TEST(Forms, ThatAreNoneAreRefused) {
    const std::string field = "--b\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\nv\r\n";
    EXPECT_EQ(outcome(field + field), "MalformedPOSTRequest");        // twice
    EXPECT_EQ(outcome(field + "--b--\r\n"), "MalformedPOSTRequest");  // no file
    EXPECT_EQ(outcome("--bc\r\n"), "MalformedPOSTRequest");
    EXPECT_EQ(outcome("--b\r\nContent-Type: x\r\n\r\n"), "MalformedPOSTRequest");  // no name
    EXPECT_EQ(outcome("--b\r\nno colon\r\n\r\n"), "MalformedPOSTRequest");
    EXPECT_EQ(outcome(std::string(21'000, 'x')), "MaxPostPreDataLengthExceeded");
    EXPECT_EQ(
        outcome("--b\r\nContent-Disposition: form-data; name=k\r\n\r\n" + std::string(21'000, 'x')),
        "MaxPostPreDataLengthExceeded");
    std::string many;
    for (int i = 0; i < 101; ++i)
        many += "--b\r\nContent-Disposition: form-data; name=" + std::to_string(i) + "\r\n\r\n\r\n";
    EXPECT_EQ(outcome(many), "MaxPostPreDataLengthExceeded");
}

TEST(Forms, HaveABoundary) {
    EXPECT_EQ(form_boundary("multipart/form-data; boundary=ab").value(), "ab");
    EXPECT_EQ(form_boundary("Multipart/Form-Data; charset=x; boundary=\"a b\"").value(), "a b");
    for (const auto* text : {"multipart/form-data", "multipart/form-data; boundary=", "text/plain",
                             "multipart/form-data; boundary"})
        EXPECT_FALSE(form_boundary(text)) << text;
    EXPECT_FALSE(form_boundary("multipart/form-data; boundary=" + std::string(71, 'x')));
}

}  // namespace
}  // namespace mayfly::door
