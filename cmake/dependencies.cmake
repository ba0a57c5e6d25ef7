# Debian 12's packages. Boost is linked statically, the rest are Debian's shared libraries.
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(Threads REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(hiredis REQUIRED hiredis)
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3)

add_library(pollux_boost INTERFACE)
target_link_libraries(pollux_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(pollux_boost INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                           BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ARRAY)
