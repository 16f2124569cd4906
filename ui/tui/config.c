#include "ui/tui/config.h"
#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool sl_config_path(char *path, size_t bytes) {
    // As the XDG specification has it, a path that is not absolute does not count.
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int length = -1;
    if (folder && folder[0] == '/')
        length = snprintf(path, bytes, "%s/semiluna/watch.conf", folder);
    else if (home && home[0] == '/')
        length = snprintf(path, bytes, "%s/.config/semiluna/watch.conf", home);
    return length > 0 && (size_t)length < bytes;
}

static struct sl_config_entry *find(const sl_config *config, const char *name) {
    for (size_t i = 0; i < config->count; i++)
        if (!strcmp(config->entries[i].name, name)) return (struct sl_config_entry *)&config->entries[i];
    return NULL;
}

const char *sl_config_get(const sl_config *config, const char *name) {
    const struct sl_config_entry *entry = find(config, name);
    return entry ? entry->value : NULL;
}

int sl_config_number(const sl_config *config, const char *name, int least, int most, int otherwise) {
    const char *text = sl_config_get(config, name);
    char *end;
    if (!text) return otherwise;
    errno = 0;
    long value = strtol(text, &end, 10);
    return end != text && !*end && !errno && value >= least && value <= most ? (int)value : otherwise;
}

void sl_config_set(sl_config *config, const char *name, const char *value) {
    if (!*name || strlen(name) >= SL_CONFIG_BYTES || strlen(value) >= SL_CONFIG_BYTES || strpbrk(name, " =#\n\r") ||
        strpbrk(value, "\n\r"))
        return;
    struct sl_config_entry *entry = find(config, name);
    if (!entry) {
        if (config->count == SL_CONFIG_MOST) return;
        entry = &config->entries[config->count++];
        strcpy(entry->name, name);
    } else if (!strcmp(entry->value, value))
        return;
    strcpy(entry->value, value);
    config->changed = true;
}

void sl_config_set_number(sl_config *config, const char *name, int value) {
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    sl_config_set(config, name, text);
}

// ---- the file ---------------------------------------------------------------------------------------------------------------

sl_status sl_config_read(sl_config *config, const char *path) {
    sl_text text = {0};
    memset(config, 0, sizeof *config);
    if (access(path, F_OK) != 0) return SL_OK;
    SL_TRY(sl_text_read_file(path, &text));
    char *rest = text.data, *line;
    while ((line = strsep(&rest, "\n"))) {
        char *equals = strstr(line, " = ");
        if (line[0] == '#' || !equals) continue;
        *equals = 0;
        sl_config_set(config, line, equals + 3);
    }
    config->changed = false;
    sl_text_free(&text);
    return SL_OK;
}

// The folders above the file, those that are missing readable by their owner alone.
static void make_folders(const char *path) {
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(folder, 0700);
        *slash = '/';
    }
}

sl_status sl_config_write(sl_config *config, const char *path) {
    if (!config->changed) return SL_OK;
    char temporary[4200];
    make_folders(path);
    snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    FILE *file = fopen(temporary, "w");
    if (!file) return sl_error(SL_ERR_IO, "%s: cannot write what to remember: %s", path, strerror(errno));
    fprintf(file, "# What `semiluna watch` remembers. It may be removed.\n");
    for (size_t i = 0; i < config->count; i++) fprintf(file, "%s = %s\n", config->entries[i].name, config->entries[i].value);
    bool failed = ferror(file);
    if (fclose(file) != 0 || failed || rename(temporary, path) != 0) {
        sl_status status = sl_error(SL_ERR_IO, "%s: cannot write what to remember: %s", path, strerror(errno));
        unlink(temporary);
        return status;
    }
    config->changed = false;
    return SL_OK;
}
