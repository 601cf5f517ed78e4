#include "door/answer_source.hpp"

#include "engine/answer_body.hpp"

#include <utility>

namespace mayfly::door {

namespace {

class AnswerSource final : public BodySource {
public:
    AnswerSource(std::shared_ptr<AnswerBody> parts, std::optional<std::uint64_t> length)
        : parts_(std::move(parts)), left_(length) {}
    ~AnswerSource() override { parts_->leave(); }
    AnswerSource(const AnswerSource&) = delete;
    AnswerSource& operator=(const AnswerSource&) = delete;

    Task<Result<std::string>> next() override {
        if (is_over_) co_return wrong_length();
        auto piece = co_await parts_->next();
        if (piece && piece->empty() && left_.value_or(0) > 0) co_return wrong_length();
        if (piece && !fit(*piece)) co_return wrong_length();
        co_return piece;
    }

    // Counts a piece. False: it is longer than what was left.
    bool fit(const std::string& piece) {
        is_over_ = left_ && piece.size() > *left_;
        if (left_ && !is_over_) *left_ -= piece.size();
        return !is_over_;
    }

private:
    static Failure wrong_length() {
        return fail(Kind::failed, "the function's answer has not the length that it said");
    }

    const std::shared_ptr<AnswerBody> parts_;
    std::optional<std::uint64_t> left_;  // until its length
    bool is_over_ = false;
};

}  // namespace

void send_in_parts(Response& response, std::shared_ptr<AnswerBody> parts,
                   std::optional<std::uint64_t> length) {
    response.body = parts->at_hand();
    response.length = length;
    auto source = std::make_unique<AnswerSource>(std::move(parts), length);
    if (!source->fit(response.body)) response.body.clear();
    response.more = std::move(source);
}

}  // namespace mayfly::door
