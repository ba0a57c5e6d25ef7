# pollux_room(name LINKS a b ...): the library pollux_<name> of all src/<name>/**.cpp except tests, and, where the folder holds
# *_test.cpp, they join the unit test program (see tests/CMakeLists.txt).
function(pollux_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "/cli/main\\.cpp$")
  if(sources)
    add_library(pollux_${name} STATIC ${sources})
    target_include_directories(pollux_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(pollux_${name} PUBLIC pollux_boost ${ROOM_LINKS})
    pollux_precompiled(pollux_${name})
  else()
    add_library(pollux_${name} INTERFACE)
    target_include_directories(pollux_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(pollux_${name} INTERFACE pollux_boost ${ROOM_LINKS})
  endif()
  set_property(GLOBAL APPEND PROPERTY POLLUX_UNIT_TESTS ${tests})
endfunction()

# The headers that most files read, compiled once: Asio's coroutines and the containers. No Beast, no driver, nothing of ours: an edit in
# src/ never compiles it again. A target takes it with pollux_precompiled(target).
add_library(pollux_precompiled_headers OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
target_link_libraries(pollux_precompiled_headers PRIVATE pollux_boost)
target_precompile_headers(pollux_precompiled_headers PRIVATE
  <boost/asio/any_io_executor.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/detached.hpp> <boost/asio/io_context.hpp>
  <boost/asio/post.hpp> <boost/asio/redirect_error.hpp> <boost/asio/steady_timer.hpp> <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp>
  <boost/describe.hpp> <boost/system/result.hpp>
  <algorithm> <array> <atomic> <chrono> <functional> <map> <memory> <mutex> <optional> <span> <string> <string_view> <utility> <variant> <vector>)
# The precompiled file itself holds the path of the build folder. ccache is given what it is made of instead (CCACHE_PCH_EXTSUM, see
# compiler.cmake), and the compiler a path without the folder (Ninja compiles in it), so that one cache serves every checkout.
set(POLLUX_PCH CMakeFiles/pollux_precompiled_headers.dir/cmake_pch.hxx.pch)
string(CONCAT made_of "${CMAKE_CXX_COMPILER_VERSION} ${Boost_VERSION_STRING} ${CMAKE_BUILD_TYPE} ${POLLUX_SANITIZE} "
       "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_RELEASE} ${CMAKE_CXX_FLAGS_DEBUG}")
file(SHA256 ${CMAKE_CURRENT_LIST_FILE} made_by)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${POLLUX_PCH}.sum CONTENT "${made_of} ${made_by}")

function(pollux_precompiled target)
  get_target_property(sources ${target} SOURCES)
  set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS ${CMAKE_BINARY_DIR}/${POLLUX_PCH})
  target_compile_options(${target} PRIVATE "SHELL:-include-pch ${POLLUX_PCH}")
endfunction()
