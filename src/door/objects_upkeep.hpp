// The upkeep of the object store on Mayfly's own API. Only the root account's.
//
// GET  /mayfly/v1/objects        {"replica","copy"}: "none", "in step …" or what is wrong
// POST /mayfly/v1/objects/scrub  reads every stored body and mends what it can:
//                                {"bodies","damaged","mended"}. conflict (ScrubRuns): one is at it.
#pragma once

#include "door/http.hpp"
#include "io/timers.hpp"
#include "model/function.hpp"
#include "objects/store.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <string>

namespace mayfly::door {

// Loop thread. What it is given outlives it.
class ObjectsUpkeep {
public:
    // `copy`: how the copies elsewhere stand.
    ObjectsUpkeep(objects::Store& store, io::Timers& timers, AccountId root,
                  std::function<std::string()> copy)
        : store_(store), timers_(timers), root_(std::move(root)), copy_(std::move(copy)) {}

    static bool takes(std::string_view path) { return path.starts_with("/mayfly/v1/objects"); }
    Task<Result<boost::json::object>> answer(const Request& request, AccountId account);

private:
    Task<Result<boost::json::object>> scrub();

    objects::Store& store_;
    io::Timers& timers_;
    AccountId root_;
    std::function<std::string()> copy_;
    bool scrubs_ = false;
};

}  // namespace mayfly::door
