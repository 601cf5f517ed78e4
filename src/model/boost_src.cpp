// Boost.JSON's and Boost.URL's own code, compiled once for the whole house.
#include <boost/json/src.hpp>
#include <boost/url/src.hpp>
