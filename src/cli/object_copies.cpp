#include "cli/object_copies.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/say.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <ostream>

namespace mayfly::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kPiece = 16u << 20;

// One line, drawn over itself; nothing where no person looks.
class Bar {
public:
    Bar(Context& context, std::string what, std::uint64_t all)
        : context_(context), what_(std::move(what)), all_(all) {}
    ~Bar() {
        if (drawn_) context_.io.err << "\r\x1b[K";
    }
    void at(std::uint64_t done) {
        if (!context_.io.err_is_terminal || all_ <= kPiece) return;
        drawn_ = true;
        const auto filled = static_cast<std::size_t>(30 * done / all_);
        context_.io.err << fmt::format("\r{} [{:<30}] {} of {}", what_, std::string(filled, '#'),
                                       human_bytes(done), human_bytes(all_))
                        << std::flush;
    }

private:
    Context& context_;
    std::string what_;
    std::uint64_t all_;
    bool drawn_ = false;
};

Failure unreadable(const fs::path& file) {
    return fail(Kind::invalid, fmt::format("'{}' cannot be read", file.string()));
}

Result<std::string> piece_of(std::ifstream& in, const fs::path& file, std::uint64_t count) {
    std::string bytes(count, '\0');
    if (!in.read(bytes.data(), static_cast<std::streamsize>(count))) return unreadable(file);
    return bytes;
}

Result<void> store_parts(const ObjectsClient& client, std::ifstream& in, const fs::path& file,
                         const ObjectName& name, const std::string& upload, std::uint64_t size,
                         Bar& bar) {
    // 10,000 parts at most, so those of a very large file are larger.
    const auto piece = std::max(kPiece, (size + 9'999) / 10'000);
    std::string list = "<CompleteMultipartUpload>";
    for (std::uint64_t at = 0, number = 1; at < size; at += piece, ++number) {
        TRY(auto bytes, piece_of(in, file, std::min(piece, size - at)));
        TRY(const auto part,
            client.send("PUT", name, {{"partNumber", std::to_string(number)}, {"uploadId", upload}},
                        std::move(bytes)));
        list += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number,
                            part.header("ETag"));
        bar.at(std::min(at + piece, size));
    }
    TRYV(client.send("POST", name, {{"uploadId", upload}}, list + "</CompleteMultipartUpload>"));
    return {};
}

}  // namespace

std::string_view content_type_of(const fs::path& file) {
    using Known = std::pair<std::string_view, std::string_view>;
    static constexpr auto known = std::to_array<Known>({
        {".css", "text/css"},
        {".csv", "text/csv"},
        {".gif", "image/gif"},
        {".html", "text/html"},
        {".jpeg", "image/jpeg"},
        {".jpg", "image/jpeg"},
        {".js", "text/javascript"},
        {".json", "application/json"},
        {".m3u8", "application/vnd.apple.mpegurl"},
        {".mp4", "video/mp4"},
        {".pdf", "application/pdf"},
        {".png", "image/png"},
        {".svg", "image/svg+xml"},
        {".ts", "video/mp2t"},
        {".txt", "text/plain"},
        {".webp", "image/webp"},
        {".xml", "application/xml"},
        {".zip", "application/zip"},
    });
    const auto extension = lower(file.extension().string());
    const auto at = std::ranges::find(known, extension, &Known::first);
    return at == known.end() ? "application/octet-stream" : at->second;
}

Result<std::uint64_t> store_file(Context& context, const ObjectsClient& client,
                                 const fs::path& file, const ObjectName& name) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    std::ifstream in(file, std::ios::binary);
    if (error || !in) return unreadable(file);
    const io::HttpFields type{{"Content-Type", std::string(content_type_of(file))}};
    if (size <= kPiece) {
        TRY(auto bytes, piece_of(in, file, size));
        TRYV(client.send("PUT", name, {}, std::move(bytes), type));
        return size;
    }
    TRY(const auto begun, client.send("POST", name, {{"uploads", ""}}, "", type));
    const auto upload = element(begun.body, "UploadId");
    Bar bar(context, name.text(), size);
    const auto stored = store_parts(client, in, file, name, upload, size, bar);
    if (!stored) (void)client.send("DELETE", name, {{"uploadId", upload}});
    if (!stored) return Failure(stored.error());
    return size;
}

Result<std::uint64_t> fetch_file(Context& context, const ObjectsClient& client,
                                 const ObjectName& name, const fs::path& file) {
    const fs::path draft = file.string() + ".part";
    const fs::path mark = file.string() + ".part.etag";  // of the object the draft is of
    std::error_code error;
    auto have = fs::exists(draft, error) ? fs::file_size(draft, error) : 0;
    auto etag = read_file(mark).value_or("");
    if (etag.empty()) have = 0;
    std::ofstream out(draft, have ? std::ios::binary | std::ios::app : std::ios::binary);
    std::uint64_t size = have + 1;
    std::optional<Bar> bar;
    while (have < size) {
        io::HttpFields headers{{"Range", fmt::format("bytes={}-{}", have, have + kPiece - 1)}};
        if (!etag.empty()) headers.emplace_back("If-Match", etag);
        auto piece = client.send("GET", name, {}, "", headers);
        if (!piece && piece.error().code == "PreconditionFailed") {  // it is another object now
            fs::remove(mark, error);
            fs::remove(draft, error);
            return fetch_file(context, client, name, file);
        }
        // Nothing more to get, or nothing at all: there is no range of an empty object.
        if (!piece && piece.error().code == "InvalidRange") break;
        if (!piece) return Failure(piece.error());
        const auto range = piece->header("Content-Range");
        size =
            static_cast<std::uint64_t>(parse_int(range.substr(range.rfind('/') + 1)).value_or(0));
        if (etag.empty()) {
            etag = piece->header("ETag");
            TRYV(write_file_durably(mark, etag));
        }
        if (!bar) bar.emplace(context, name.text(), size);
        if (!out.write(piece->body.data(), static_cast<std::streamsize>(piece->body.size())))
            return fail(Kind::unavailable, fmt::format("'{}' cannot be written", draft.string()));
        have += piece->body.size();
        bar->at(have);
    }
    out.close();
    fs::rename(draft, file, error);
    if (error) return fail(Kind::unavailable, fmt::format("'{}' cannot be made", file.string()));
    fs::remove(mark, error);
    return have;
}

}  // namespace mayfly::cli
