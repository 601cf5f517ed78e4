#include "deliver/mail.hpp"

#include "deliver/mailer.hpp"

#include <gtest/gtest.h>

namespace mayfly::deliver {
namespace {

TEST(Mail, IsReadFromWhatAFunctionAnswers) {
    const auto one = read_mail(R"({"to":"ada@example.com","subject":"Hello","text":"Hi"})").value();
    EXPECT_EQ(one.to, std::vector<std::string>{"ada@example.com"});
    EXPECT_EQ(one.subject, "Hello");
    const auto many =
        read_mail(R"({"to":["a@b","c@d"],"subject":"x","html":"<p>","more":1})").value();
    EXPECT_EQ(many.to.size(), 2u);
    EXPECT_EQ(many.html, "<p>");
}

TEST(Mail, WhatIsNoneIsRefusedWithItsField) {
    const auto wrong = [](std::string_view text, std::string_view says) {
        const auto read = read_mail(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().kind, Kind::invalid);
        EXPECT_NE(read.error().what.find(says), std::string::npos) << read.error().what;
    };
    wrong("Hi", "an object with");
    wrong(R"({"subject":"x","text":"y"})", "\"to\"");
    wrong(R"({"to":"ada","subject":"x","text":"y"})", "no address");
    wrong(R"({"to":"a@b\r\nBcc: c@d","subject":"x","text":"y"})", "no address");
    wrong(R"({"to":[],"subject":"x","text":"y"})", "1 to 50");
    wrong(R"({"to":"a@b","subject":"x\r\nBcc: c@d","text":"y"})", "one line");
    wrong(R"({"to":"a@b","text":"y"})", "'subject'");
    wrong(R"({"to":"a@b","subject":"x"})", "\"text\" or \"html\"");
    wrong(R"({"to":"a@b","subject":"x","text":7})", "'text' of a mail must be a text");
}

TEST(Mail, HasTheHeadersOfAMailAndOneNameHoweverOftenItIsSent) {
    const Mail mail{.to = {"a@b", "c@d"}, .subject = "Grüße", .text = "x", .html = {}};
    const auto lines =
        mail_headers(mail, "Shop <shop@example.com>", "1-2-3", WallTime(Seconds(1'714'979'289)));
    const std::vector<std::string> wanted{
        "From: Shop <shop@example.com>",     "To: a@b,\r\n c@d",
        "Subject: =?UTF-8?B?R3LDvMOfZQ==?=", "Date: Mon, 06 May 2024 07:08:09 +0000",
        "Message-ID: <1-2-3@mayfly>",        "Auto-Submitted: auto-generated"};
    EXPECT_EQ(lines, wanted);
}

TEST(Mail, LongSubjectsAreFoldedWhereACharacterBegins) {
    std::string subject;
    for (int i = 0; i < 30; ++i) subject += "ä你";
    const auto folded = encoded_words(subject);
    std::size_t begin = 0;
    for (std::size_t end = 0; end != folded.npos; begin = end + 3) {
        end = folded.find("\r\n ", begin);
        EXPECT_LE(folded.substr(begin, end == folded.npos ? end : end - begin).size(), 75u);
    }
    EXPECT_EQ(encoded_words("plain"), "plain");
}

TEST(Mailer, ItsServerAndSenderAreChecked) {
    EXPECT_TRUE(Mailer::checked({}));
    EXPECT_TRUE(Mailer::checked({.relay = "smtp://u:p@h:25", .from = "a@b"}));
    EXPECT_FALSE(Mailer::checked({.relay = "http://h"}));
    EXPECT_FALSE(Mailer::checked({.relay = "smtp://"}));
    EXPECT_FALSE(Mailer::checked({.relay = "", .from = "nobody"}));
    EXPECT_FALSE(Mailer::checked({.relay = "", .from = "a@b\r\nBcc: <c@d>"}));
}

}  // namespace
}  // namespace mayfly::deliver
