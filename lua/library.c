#include "lua/host.h"

#include <lua.h>

const char *sl_host_library(void) {
    return LUA_RELEASE;
}
