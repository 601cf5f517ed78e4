#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/md5.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

using namespace mayfly;

namespace {

TEST(Digest, Crc64MatchesThePublishedCheckValueInOneOrManyPieces) {
    const std::string text = "123456789";
    EXPECT_EQ(crc64(text), 11051210869376104954ull);
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
        EXPECT_EQ(crc64(text.substr(cut), crc64(text.substr(0, cut))), crc64(text));
}

TEST(Digest, TheSumOfTwoTextsFollowsFromTheirSums) {
    const std::string text = "The quick brown fox jumps over the lazy dog";
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
        EXPECT_EQ(
            crc64_joined(crc64(text.substr(0, cut)), crc64(text.substr(cut)), text.size() - cut),
            crc64(text));
}

TEST(Digest, TheOtherSumsMatchTheirPublishedCheckValues) {
    const std::string text = "123456789";
    EXPECT_EQ(crc32(text), 0xCBF43926u);
    EXPECT_EQ(crc32c(text), 0xE3069283u);
    EXPECT_EQ(crc64_nvme(text), 0xAE8B14860A799888ull);
    EXPECT_EQ(hex(md5(text)), "25f9e794323b453885f5181f1b624d0b");
    EXPECT_EQ(hex(sha1(text)), "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
    EXPECT_EQ(hex(hmac_sha1("Jefe", "what do ya want for nothing?")),  // RFC 2202, case 2
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    std::string longer;
    for (int i = 0; i < 100; ++i) {  // whatever the length and the cut
        for (const std::size_t cut : {longer.size() / 3, longer.size() / 2})
            EXPECT_EQ(crc32(longer.substr(cut), crc32(longer.substr(0, cut))), crc32(longer));
        longer += static_cast<char>(i * 37);
    }
}

// Long texts are summed by other instructions than short ones.
TEST(Digest, LongTextsAreSummedAsShortOnesAre) {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += static_cast<char>(i * i * 31 + i / 7);
    for (std::size_t size = 0; size <= text.size(); size += size < 700 ? 1 : 97) {
        const auto whole = std::string_view(text).substr(text.size() - size);
        std::uint64_t a = 0, d = 0;
        std::uint32_t b = 0, c = 0;
        for (std::size_t at = 0; at < size; at += 13) {
            const auto piece = whole.substr(at, 13);
            a = crc64(piece, a), b = crc32(piece, b), c = crc32c(piece, c);
            d = crc64_nvme(piece, d);
        }
        EXPECT_EQ(crc64(whole), a) << size;
        EXPECT_EQ(crc32(whole), b) << size;
        EXPECT_EQ(crc32c(whole), c) << size;
        EXPECT_EQ(crc64_nvme(whole), d) << size;
    }
}

TEST(Digest, Md5OfAStreamIsThatOfTheWholeWhateverTheCuts) {
    EXPECT_EQ(hex(Md5().end()), "d41d8cd98f00b204e9800998ecf8427e");  // RFC 1321, A.5
    EXPECT_EQ(hex(Md5().add("message digest").end()), "f96b697d7cb7938d525a2f31aaf161d0");
    std::string text;
    for (int i = 0; i < 300; ++i) text += static_cast<char>(i * i * 31 + i / 7);
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const auto whole = std::string_view(text).substr(0, size);
        for (const std::size_t first : {std::size_t{0}, size / 3, size - size % 64, size})
            EXPECT_EQ(Md5().add(whole.substr(0, first)).add(whole.substr(first)).end(), md5(whole))
                << size << " cut at " << first;
    }
}

TEST(Digest, HmacMatchesRfc4231Case2) {
    EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'),  // RFC 4231, case 6: longer than a block
                              "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Text, HexGoesThereAndBackAndRefusesWhatIsNotHex) {
    const std::string bytes{'\0', '\x7f', '\xff', 'a'};
    EXPECT_EQ(hex_decode(hex(bytes)), bytes);
    EXPECT_EQ(hex_decode("00fF"), (std::string{'\0', '\xff'}));
    EXPECT_EQ(hex_decode(""), "");
    for (const auto* bad : {"f", "0g", "+1", "0x12", " 1"}) EXPECT_FALSE(hex_decode(bad)) << bad;
}

TEST(Text, Base64GoesThereAndBackForEveryLengthAndRefusesWhatIsNotBase64) {
    std::string bytes;
    for (int i = 0; i < 70; ++i) {
        EXPECT_EQ(base64_decode(base64(bytes)), bytes);
        bytes += static_cast<char>(i * 37);
    }
    EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
    EXPECT_FALSE(base64_decode("Zm9vYmF"));
    EXPECT_FALSE(base64_decode("Zm9v*mFy"));
    EXPECT_FALSE(base64_decode("Zg==Zg=="));
    EXPECT_FALSE(base64_decode("Z==="));
}

TEST(Text, PercentCodingGoesThereAndBack) {
    const std::string text = "a b/c?d=é%+~";
    EXPECT_EQ(percent_decode(percent_encode(text)), text);
    EXPECT_EQ(percent_decode("a+b%20c%zz", true), "a b c%zz");
}

TEST(Text, NearestFindsATypoAndNotAStranger) {
    EXPECT_EQ(nearest("pyhton3", {"python3", "nodejs20"}), "python3");
    EXPECT_FALSE(nearest("cobol", {"python3", "nodejs20"}));
}

TEST(Text, ParseIntTakesWholeNumbersOnly) {
    EXPECT_EQ(parse_int("-12"), -12);
    for (const char* bad : {"", "12x", " 1", "99999999999999999999"}) EXPECT_FALSE(parse_int(bad));
}

TEST(Text, Utf8IsTakenForWhatItIs) {
    for (const char* good : {"", "a", "\xC2\x80", "ü", "你", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(is_utf8(good)) << good;
    for (const char* bad : {"\x80", "\xFF", "\xC3", "\xC3(", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF",
                            "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xE4\xBD"})
        EXPECT_FALSE(is_utf8(bad));
}

TEST(Clock, TimesArePrintedInUtc) {
    EXPECT_EQ(iso8601(WallTime{Seconds{1585728898}}), "2020-04-01T08:14:58Z");
    EXPECT_EQ(iso8601_millis(WallTime{Millis{1585728898007}}), "2020-04-01T08:14:58.007Z");
}

TEST(Clock, ReadsWhatItWrites) {
    EXPECT_EQ(parse_iso8601("2020-04-01T08:14:58Z"), WallTime{Seconds{1585728898}});
    EXPECT_EQ(parse_iso8601("2020-04-01T08:14:58.007Z"), WallTime{Millis{1585728898007}});
    for (const auto* wrong :
         {"", "2020-04-01", "2020-04-01T08:14:58", "2020-13-01T08:14:58Z", "2020-02-30T08:14:58Z",
          "2020-04-01T24:14:58Z", "x020-04-01T08:14:58Z", "2020-04-01T08:14:58.Z",
          "2020-04-01T08:14:58.0000000000Z"})
        EXPECT_FALSE(parse_iso8601(wrong)) << wrong;
}

Result<int> half(int n) {
    if (n % 2) return fail(Kind::invalid, "odd");
    return n / 2;
}
Result<int> quarter(int n) {
    TRY(const int h, half(n));
    return half(h);
}

TEST(Result, TryHandsTheErrorUpAndTheValueDown) {
    EXPECT_EQ(quarter(8), 2);
    EXPECT_EQ(quarter(6).error().what, "odd");
}

TEST(Rng, ASeedDecidesTheSequenceAndTheSystemOneDiffers) {
    SeededRng a(7), b(7);
    EXPECT_EQ(a.next(), b.next());
    SystemRng system;
    EXPECT_NE(random_hex(system, 16), random_hex(system, 16));
    EXPECT_EQ(random_hex(system, 12).size(), 24u);
}

}  // namespace
