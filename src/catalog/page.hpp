// Lists as callers read them: in order of name, a page at a time. Pure.
#pragma once

#include <algorithm>
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
template <class Map, class T>
Page<T> page(const Map& all, const ListQuery& query, T (*show)(const typename Map::mapped_type&)) {
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
