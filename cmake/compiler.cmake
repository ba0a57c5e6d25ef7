# The language level, the warnings, the sanitizers and the linker, for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "gcc before 13 destroys some temporaries in co_await expressions twice; use clang 19 (cmake --preset release)")
endif()

# Where in a library's source an error arose means nothing to who reads a log, and differs from machine to machine: Boost takes no such
# places into its errors, and what a library's header says of itself names no folder of this machine.
add_compile_definitions(BOOST_DISABLE_CURRENT_LOCATION BOOST_ASIO_DISABLE_SOURCE_LOCATION BOOST_ASIO_DISABLE_ERROR_LOCATION)
add_compile_options(-fmacro-prefix-map=/usr/include/=)

set(POLLUX_SANITIZE "" CACHE STRING "address (with undefined behaviour and fuzzing hooks), thread, or nothing")

# A precompiled header without its time is the same bytes each time it is built, so that ccache finds what was compiled with it.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Werror=switch -Werror=return-type -Wno-missing-field-initializers)
# Who develops sees a warning where it arises, not when everything has been built once more. A release that somebody builds with another
# compiler is not stopped by what that compiler has to say.
if(DEFINED ENV{CI} OR CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-Werror)
endif()

if(POLLUX_SANITIZE STREQUAL "address")
  # -O0 compiles in half the time of -O1 and checks no less; the tests wait more than they compute.
  add_compile_options(-O0 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined)
  # At fixed addresses: 3 million relocations, gone through by each of hundreds of suites, are half a second of each.
  add_link_options(-fsanitize=address,undefined -no-pie)
elseif(POLLUX_SANITIZE STREQUAL "thread")
  add_compile_options(-O1 -g1 -fno-omit-frame-pointer -fsanitize=thread)
  add_link_options(-fsanitize=thread)
else()
  add_compile_options($<$<CONFIG:Release>:-O2>)
endif()

find_program(POLLUX_LLD NAMES ld.lld-19 ld.lld)
if(POLLUX_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=${POLLUX_LLD})
endif()
add_link_options($<$<CONFIG:Release>:-Wl,--gc-sections> $<$<CONFIG:Release>:-Wl,-s>)
# What is the same twice (of templates, much is) goes in once, and where pointers lie is written down in bits instead of 24 bytes each: what
# reads that came with glibc 2.36.
if(POLLUX_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options($<$<CONFIG:Release>:-Wl,--icf=safe> $<$<CONFIG:Release>:-Wl,-z,pack-relative-relocs>)
endif()

find_program(POLLUX_CCACHE ccache)
if(POLLUX_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_PCH_EXTSUM=1 ${POLLUX_CCACHE})
endif()

# Two cores: files that instantiate Beast or all of Asio take half a gigabyte each, so they do not run side by side.
set_property(GLOBAL APPEND PROPERTY JOB_POOLS heavy=1)
