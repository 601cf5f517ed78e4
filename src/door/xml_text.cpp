#include "door/xml_text.hpp"

#include <fmt/format.h>

namespace mayfly::door {

namespace {

void escape(std::string& out, std::string_view text) {
    for (const char c : text) switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            default:
                if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n') out += c;
                else fmt::format_to(std::back_inserter(out), "&#x{:x};", c);
        }
}

}  // namespace

XmlText::XmlText(std::string_view root, std::string_view name_space) {
    out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    open(root, name_space.empty() ? "" : fmt::format("xmlns=\"{}\"", name_space));
}

XmlText& XmlText::open(std::string_view name, std::string_view attributes) {
    fmt::format_to(std::back_inserter(out_), "<{}{}{}>", name, attributes.empty() ? "" : " ",
                   attributes);
    open_.emplace_back(name);
    return *this;
}

XmlText& XmlText::close() {
    fmt::format_to(std::back_inserter(out_), "</{}>", open_.back());
    open_.pop_back();
    return *this;
}

XmlText& XmlText::add(std::string_view name, std::string_view text) {
    out_ += '<';
    out_ += name;
    out_ += '>';
    escape(out_, text);
    out_ += "</";
    out_ += name;
    out_ += '>';
    return *this;
}

std::string XmlText::end() {
    while (!open_.empty()) close();
    return std::move(out_);
}

}  // namespace mayfly::door
