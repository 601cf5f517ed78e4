#include "door/objects_body.hpp"
#include "door/objects_door.hpp"
#include "door/objects_headers.hpp"
#include "door/objects_xml.hpp"
#include "door/xml_text.hpp"

#include <fmt/format.h>

namespace mayfly::door {

namespace {

// The rest of a body, as the server asks for it.
class Rest final : public BodySource {
public:
    explicit Rest(objects::Reading reading) : reading_(std::move(reading)) {}
    Task<Result<std::string>> next() override { return reading_.next(); }

private:
    objects::Reading reading_;
};

}  // namespace

ObjectsDoor::Answer ObjectsDoor::get_object(Request& request, const Asked& asked) {
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    CO_TRY(const auto object, store_.find(asked.bucket, asked.key, asked.version()));
    if (object->is_marker)
        co_return fail(Kind::invalid,
                       "this version says that the object was deleted; it has no "
                       "bytes",
                       "MethodNotAllowed");
    Response response;
    add_object_headers(response, asked, request, *object, *bucket);
    switch (objects::judge_read(object_conditions(request), *object)) {
        case objects::Verdict::failed:
            co_return fail(Kind::conflict, "the object is not as a condition of the request says",
                           "PreconditionFailed");
        case objects::Verdict::not_modified: response.status = 304; co_return response;
        case objects::Verdict::go_on: break;
    }
    CO_TRY(const auto part, objects::read_range(request.headers.get("Range"), object->size));
    const auto range = part.value_or(objects::Range{0, object->size});
    response.length = range.count;
    if (part) {
        response.status = 206;
        response.headers.add(
            "Content-Range",
            fmt::format("bytes {}-{}/{}", range.from, range.from + range.count - 1, object->size));
    }
    if (request.method == "HEAD" || range.count == 0) co_return response;
    CO_TRY(auto reading, store_.read(*object, range));
    // The first piece before the first byte is answered: what is damaged there becomes an error.
    CO_TRY(response.body, co_await reading.next());
    if (response.body.size() < range.count)
        response.more = std::make_unique<Rest>(std::move(reading));
    co_return response;
}

ObjectsDoor::Answer ObjectsDoor::get_tagging(Request&, const Asked& asked) {
    CO_TRY(const auto object, store_.find(asked.bucket, asked.key, asked.version()));
    XmlText text("Tagging", name_space(asked));
    text.open("TagSet");
    for (const auto& [key, value] : object->meta.tags)
        text.open("Tag").add("Key", key).add("Value", value).close();
    co_return xml(text.end());
}

ObjectsDoor::Answer ObjectsDoor::put_tagging(Request& request, const Asked& asked) {
    CO_TRY(const auto document, co_await take_document(request, asked));
    CO_TRY(auto read, read_tagging(document));
    CO_TRY(auto tags, check_tags(std::move(read)));
    CO_TRY(const auto object, store_.find(asked.bucket, asked.key, asked.version()));
    auto meta = object->meta;
    meta.tags = std::move(tags);
    CO_TRYV(co_await store_.set_meta(asked.bucket, *object, std::move(meta)));
    co_return done();
}

ObjectsDoor::Answer ObjectsDoor::remove_tagging(Request&, const Asked& asked) {
    CO_TRY(const auto object, store_.find(asked.bucket, asked.key));
    auto meta = object->meta;
    meta.tags.clear();
    CO_TRYV(co_await store_.set_meta(asked.bucket, *object, std::move(meta)));
    co_return done(204);
}

}  // namespace mayfly::door
