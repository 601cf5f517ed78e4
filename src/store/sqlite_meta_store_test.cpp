#include "store/sqlite_meta_store.hpp"

#include "store/meta_store_contract.hpp"

namespace mayfly::store {
namespace {

struct SqliteFixture {
    MetaStore& open(boost::asio::io_context& loop) {
        store.reset();
        store = SqliteMetaStore::open(folder.path() / "meta.db", loop.get_executor()).value();
        return *store;
    }
    io::TestFolder folder;
    std::unique_ptr<SqliteMetaStore> store;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, MetaStoreContract, SqliteFixture);

}  // namespace
}  // namespace mayfly::store
