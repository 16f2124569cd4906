// What the dashboard remembers from one time to the next: names and values, a line each, in $XDG_CONFIG_HOME/semiluna/watch.conf
// (else ~/.config).
#ifndef SL_UI_TUI_CONFIG_H
#define SL_UI_TUI_CONFIG_H

#include "core/base/status.h"
#include <stdbool.h>
#include <stddef.h>

enum { SL_CONFIG_MOST = 64, SL_CONFIG_BYTES = 128 };

typedef struct sl_config {
    struct sl_config_entry {
        char name[SL_CONFIG_BYTES], value[SL_CONFIG_BYTES];
    } entries[SL_CONFIG_MOST];
    size_t count;
    bool changed; // since it was read or written
} sl_config;

// The file; false where the environment names no folder or the name is too long.
bool sl_config_path(char *path, size_t bytes);

// Reads what is there. A file that is not there is an empty one; lines that are not understood are left out, without an error.
sl_status sl_config_read(sl_config *config, const char *path);
// Writes it where it was changed, whole or not at all; the folders are made. SL_ERR_IO.
sl_status sl_config_write(sl_config *config, const char *path);

const char *sl_config_get(const sl_config *config, const char *name); // NULL: never set
// A whole number from least to most, else `otherwise`.
int sl_config_number(const sl_config *config, const char *name, int least, int most, int otherwise);
// Names are words with dots, values one line; what is longer than an entry, or one too many, is not remembered.
void sl_config_set(sl_config *config, const char *name, const char *value);
void sl_config_set_number(sl_config *config, const char *name, int value);

#endif
