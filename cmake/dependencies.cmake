# Each dependency, with the package to install where it is missing. Only what the sources use is asked for: the dashboard's ncursesw
# (libncurses-dev) comes with the dashboard.
find_package(PkgConfig)
if(NOT PkgConfig_FOUND)
  message(FATAL_ERROR "pkg-config not found: install the package pkg-config (Debian, Ubuntu), or run ./bootstrap.sh build")
endif()

# require_library(NAME PACKAGE WHAT MODULE...): the first pkg-config module that is there becomes the target PkgConfig::NAME.
function(require_library name package what)
  foreach(module IN LISTS ARGN)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(${name}_FOUND)
      message(STATUS "${what}: ${${name}_VERSION}")
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "${what} not found: install the package ${package} (Debian, Ubuntu), or run ./bootstrap.sh build")
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenMP COMPONENTS C QUIET)
if(NOT OpenMP_C_FOUND)
  message(FATAL_ERROR "OpenMP not found: it comes with gcc (package gcc); for clang install the package libomp-dev (Debian, Ubuntu)")
endif()
require_library(Lua liblua5.4-dev "Lua 5.4" lua5.4 lua-5.4 lua54 "lua>=5.4 lua<5.5")
require_library(SQLite libsqlite3-dev "SQLite 3" "sqlite3>=3.35")
require_library(PNG libpng-dev "libpng" "libpng>=1.6")
require_library(JPEG libjpeg-dev "libjpeg-turbo" libjpeg)
require_library(jansson libjansson-dev "jansson" "jansson>=2.10")
require_library(libmd libmd-dev "libmd" libmd)
if(BUILD_TESTING)
  require_library(cmocka libcmocka-dev "cmocka (for the tests; or configure with -DBUILD_TESTING=OFF)" cmocka)
endif()

# oneDNN: the system's where that is 3.2 or later (but still 3), else the one that bootstrap.sh puts into build/deps/onednn.
if(SEMILUNA_ONEDNN)
  set(SEMILUNA_ONEDNN_BUNDLED ${CMAKE_SOURCE_DIR}/build/deps/onednn)
  find_package(dnnl 3.2 QUIET CONFIG PATHS ${SEMILUNA_ONEDNN_BUNDLED})
  if(NOT dnnl_FOUND)
    message(FATAL_ERROR "oneDNN 3 (at least 3.2) not found: install the package libdnnl-dev where it is version 3 (Debian 13, Ubuntu "
                        "24.04), or run ./bootstrap.sh build, which fetches it, or configure with -DSEMILUNA_ONEDNN=OFF for the "
                        "reference backend alone, which is slow")
  endif()
  message(STATUS "oneDNN: ${dnnl_VERSION} (${dnnl_DIR})")
endif()
