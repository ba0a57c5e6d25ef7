# What `pollux version` says: set on src/cli/version.cpp alone, so that a commit rebuilds one file.
set(POLLUX_COMMIT "")
if(EXISTS ${CMAKE_SOURCE_DIR}/.git)
  execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} rev-parse --short=12 HEAD OUTPUT_VARIABLE POLLUX_COMMIT
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(EXISTS ${CMAKE_SOURCE_DIR}/.git/logs/HEAD)
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/.git/logs/HEAD)
  endif()
endif()

string(CONCAT POLLUX_LIBRARIES "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}, Boost ${Boost_VERSION_STRING}, "
       "libcurl ${curl_VERSION}, OpenSSL ${OPENSSL_VERSION}, SQLite ${sqlite_VERSION}, libsodium ${sodium_VERSION}, "
       "CLI11 ${CLI11_VERSION}")
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/cli/version.cpp PROPERTIES COMPILE_DEFINITIONS
  "POLLUX_VERSION=\"${PROJECT_VERSION}\";POLLUX_COMMIT=\"${POLLUX_COMMIT}\";POLLUX_LIBRARIES=\"${POLLUX_LIBRARIES}\"")
