// The Lua library as the build embedded it.
#ifndef SL_LUA_EMBEDDED_H
#define SL_LUA_EMBEDDED_H

#include <stddef.h>

typedef struct sl_embedded_file {
    const char *module; // "semiluna.schedule"
    const char *text;
    size_t bytes;
} sl_embedded_file;

extern const sl_embedded_file sl_embedded_files[]; // ended by module == NULL

#endif
