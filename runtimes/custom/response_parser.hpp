// Beast's HTTP/1 parser, filling a Response directly, within limits. Pure. Include it only where
// responses are parsed: Beast is heavy.
#pragma once

#include "custom/response.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstdint>

namespace mayfly::custom {

class ResponseParser final : public boost::beast::http::basic_parser<false> {
public:
    using ErrorCode = boost::system::error_code;
    using View = boost::beast::string_view;

    // `to_head`: it answers a HEAD, so that no body follows whatever its headers say. `in_parts`:
    // its body is taken out of the response piece by piece, so there is no limit to it.
    ResponseParser(bool to_head, bool in_parts) {
        header_limit(static_cast<std::uint32_t>(kResponseHeaderBytesMax));
        if (in_parts) body_limit(boost::none);
        else body_limit(kResponseBodyBytesMax);
        skip(to_head);
        eager(true);
    }

    Response& response() { return response_; }

    // The header is here, and the body is not yet, nor is it a short one that will be soon.
    bool comes_in_parts() {
        if (!is_header_done() || is_done() || response_.status / 100 == 1) return false;
        const auto length = content_length();
        return !length || *length > kResponseWholeBytes;
    }

private:
    void on_request_impl(boost::beast::http::verb, View, View, int, ErrorCode&) override {}
    void on_response_impl(int status, View, int, ErrorCode&) override { response_.status = status; }
    void on_field_impl(boost::beast::http::field, View name, View value, ErrorCode&) override {
        response_.headers.push_back({std::string(name), std::string(value)});
    }
    void on_header_impl(ErrorCode&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const& length, ErrorCode&) override {
        if (length && *length <= kResponseBodyBytesMax)
            response_.body.reserve(static_cast<std::size_t>(*length));
    }
    std::size_t on_body_impl(View piece, ErrorCode&) override { return take(piece); }
    void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View piece, ErrorCode&) override {
        return take(piece);
    }
    void on_finish_impl(ErrorCode&) override {}

    std::size_t take(View piece) {
        response_.body.append(piece.data(), piece.size());
        return piece.size();
    }

    Response response_;
};

}  // namespace mayfly::custom
