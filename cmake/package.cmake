# The Debian package: cpack --config build/release/CPackConfig.cmake -B build/package. Binary, man page (made from the commands' own help),
# systemd units, examples of proxies and alerts, and /etc/pollux/pollux.env, which an upgrade leaves as it is.
set(man_page ${CMAKE_BINARY_DIR}/pollux.1.gz)
add_custom_command(OUTPUT ${man_page} COMMAND sh -c "$<TARGET_FILE:pollux> man | gzip -9n >${man_page}" DEPENDS pollux VERBATIM)
add_custom_target(pollux_man DEPENDS ${man_page})

install(TARGETS pollux RUNTIME DESTINATION bin)
install(FILES ${man_page} DESTINATION share/man/man1)
install(FILES deploy/systemd/pollux.service deploy/systemd/pollux-worker.service DESTINATION lib/systemd/system)
install(FILES deploy/Caddyfile deploy/nginx.conf deploy/haproxy.cfg deploy/alerts.yml deploy/grafana.json DESTINATION share/doc/pollux/examples)
install(FILES LICENSE RENAME copyright DESTINATION share/doc/pollux)
install(FILES NOTICE CHANGELOG.md docs/settings.md docs/deploy.md docs/runbook.md docs/privacy.md docs/pages.md DESTINATION share/doc/pollux)
install(FILES deploy/debian/pollux.env DESTINATION /etc/pollux)
install(CODE [[file(CREATE_LINK pollux.env "$ENV{DESTDIR}/etc/pollux/.env" SYMBOLIC)]])

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME pollux)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "AI chat product: pages and backend")
set(CPACK_PACKAGE_DESCRIPTION
    "One program for the pages and the API: accounts, one-time codes by SMS, chatrooms whose replies stream in, and plans that are paid for, over SQLite or over PostgreSQL and Redis.")
set(CPACK_PACKAGE_CONTACT "Whoever built this package <root@localhost>")
set(CPACK_DEBIAN_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, passwd")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql (>= 15), redis-server, caddy")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/deploy/debian/postinst ${CMAKE_SOURCE_DIR}/deploy/debian/prerm
    ${CMAKE_SOURCE_DIR}/deploy/debian/postrm ${CMAKE_SOURCE_DIR}/deploy/debian/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Without it CPack makes a package that names no library and says so in passing: it would install, and not run.
file(WRITE ${CMAKE_BINARY_DIR}/cpack_needs.cmake [[
find_program(pollux_shlibdeps dpkg-shlibdeps)
if(NOT pollux_shlibdeps)
    message(FATAL_ERROR "dpkg-shlibdeps is missing, which finds the libraries that the package needs: apt-get install dpkg-dev")
endif()
]])
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_BINARY_DIR}/cpack_needs.cmake)
include(CPack)
