// Lists by pages, as FC gives them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace mayfly::catalog {

struct ListQuery {
    std::string prefix;      // only names that begin with it
    std::string start_key;   // the first name wanted, inclusive
    std::string next_token;  // where a page before ended; outweighs start_key
    std::size_t limit = 20;  // 1 to 100
};

template <class T>
struct Page {
    std::vector<T> items;    // by name
    std::string next_token;  // empty at the end
};

// Names in order from where the query begins, at most its limit; one more tells where to go on.
// `all`: a map by name. `show` makes an item of a value.
template <class T, class Map>
Page<T> page(const Map& all, const ListQuery& query, auto show) {
    const auto& from = query.next_token.empty() ? query.start_key : query.next_token;
    Page<T> out;
    for (auto at = all.lower_bound(std::max(from, query.prefix)); at != all.end(); ++at) {
        if (!at->first.starts_with(query.prefix)) break;
        if (out.items.size() == query.limit) {
            out.next_token = at->first;
            break;
        }
        out.items.push_back(show(at->second));
    }
    return out;
}

}  // namespace mayfly::catalog
