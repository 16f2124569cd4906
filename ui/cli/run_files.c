#include "ui/cli/run_files.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), of_end = strlen(end);
    return length > of_end && strcmp(text + length - of_end, end) == 0;
}

// ---- which folders ------------------------------------------------------------------------------------------------------------

// Adds a folder if there is one, if it is no link, and if its name is the run's uuid.
static sl_status add(sl_run_files *files, const char *path) {
    struct stat info;
    const char *slash = strrchr(path, '/');
    if (strcmp(slash ? slash + 1 : path, files->uuid) != 0 || lstat(path, &info) != 0 || !S_ISDIR(info.st_mode)) return SL_OK;
    char *real = realpath(path, NULL);
    if (!real) return SL_OK;
    sl_status status = SL_OK;
    int most = sizeof files->folders / sizeof *files->folders;
    bool known = files->count == most;
    for (int i = 0; i < files->count; i++) known |= strcmp(files->folders[i], real) == 0;
    if (!known) {
        files->folders[files->count] = sl_strdup(real);
        if (files->folders[files->count])
            files->count++;
        else
            status = sl_error(SL_ERR_MEMORY, "out of memory");
    }
    free(real);
    return status;
}

// Adds BEFORE MIDDLE/UUID, whose parts may be empty; `before_bytes` of `before` count.
static sl_status add_in(sl_run_files *files, const char *before, size_t before_bytes, const char *middle) {
    sl_text path = {0};
    sl_status status = sl_text_append_bytes(&path, before, before_bytes);
    if (status == SL_OK) status = sl_text_append(&path, "%s/%s", middle, files->uuid);
    if (status == SL_OK) status = add(files, path.data);
    sl_text_free(&path);
    return status;
}

static size_t folder_bytes(const char *path) { // with the slash
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

// Where the run itself put its checkpoints: told by each file that it recorded, and by its option.
static sl_status add_recorded(sl_run_files *files, sl_db *db, int64_t run) {
    static const char sql[] =
        "SELECT path, 0 FROM artifact WHERE run = ?1"
        " UNION ALL SELECT value, 1 FROM param WHERE run = ?1 AND name = 'checkpoint.folder' AND value IS NOT NULL";
    sl_db_value id = sl_db_integer(run);
    sl_db_cursor *cursor;
    bool row = true;
    SL_TRY(sl_db_query(db, sql, &id, 1, &cursor));
    sl_status status = SL_OK;
    while (status == SL_OK) {
        status = sl_db_cursor_next(cursor, &row);
        if (status != SL_OK || !row) break;
        const char *path = sl_db_cursor_value(cursor, 0).text, *file = sl_db_path(db);
        if (!path || !*path) continue;
        if (sl_db_cursor_value(cursor, 1).integer == 1) {
            status = add_in(files, "", 0, path);
            if (status == SL_OK && path[0] != '/') status = add_in(files, file, folder_bytes(file), path);
            continue;
        }
        sl_text folder = {0};
        size_t bytes = folder_bytes(path);
        if (bytes > 1) status = sl_text_append_bytes(&folder, path, bytes - 1);
        if (status == SL_OK && folder.data) status = add(files, folder.data);
        sl_text_free(&folder);
    }
    sl_db_cursor_close(cursor);
    return status;
}

sl_status sl_run_files_of_uuid(sl_db *db, const char *uuid, sl_run_files *out) {
    const char *file = sl_db_path(db);
    *out = (sl_run_files){0};
    snprintf(out->uuid, sizeof out->uuid, "%s", uuid);
    // A damaged file's uuid must not name another folder.
    if (strlen(out->uuid) != 36 || strspn(out->uuid, "0123456789abcdef-") != 36) return SL_OK;
    sl_status status = add_in(out, file, folder_bytes(file), "runs");
    if (status != SL_OK) sl_run_files_clear(out);
    return status;
}

sl_status sl_run_files_find(sl_db *db, int64_t run, sl_run_files *out) {
    sl_db_value id = sl_db_integer(run);
    sl_db_cursor *cursor;
    bool row;
    *out = (sl_run_files){0};
    SL_TRY(sl_db_query(db, "SELECT uuid FROM run WHERE id = ?1", &id, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    if (status == SL_OK && row && sl_db_cursor_value(cursor, 0).text)
        status = sl_run_files_of_uuid(db, sl_db_cursor_value(cursor, 0).text, out);
    sl_db_cursor_close(cursor);
    if (status == SL_OK && out->uuid[0]) status = add_recorded(out, db, run);
    if (status != SL_OK) sl_run_files_clear(out);
    return status;
}

void sl_run_files_clear(sl_run_files *files) {
    for (int i = 0; i < files->count; i++) sl_free(files->folders[i]);
    *files = (sl_run_files){0};
}

// ---- removing
// -------------------------------------------------------------------------------------------------------------------

const char *sl_bytes_text(int64_t bytes, char out[24]) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    int unit = 0;
    for (; value >= 999.95 && unit < 4; unit++) value /= 1000;
    snprintf(out, 24, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return out;
}

static sl_status removal_failed(const char *folder, const char *name) {
    sl_status status = sl_error(SL_ERR_IO, "%s/%s: cannot be removed: %s", folder, name, strerror(errno));
    fprintf(stderr, "semiluna: %s\n", sl_error_message());
    return status;
}

// Whether somebody writes this file just now: writers of checkpoints lock them.
static bool is_locked(int folder, const char *name) {
    int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) return false;
    bool locked = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(descriptor);
    return locked;
}

static sl_status remove_one(int folder, const char *path, const char *name, sl_removal *sum) {
    struct stat info;
    char size[24];
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) return SL_OK;
    if (ends_with(name, ".tmp") && is_locked(folder, name)) return SL_OK;
    if (!sum->dry_run && unlinkat(folder, name, 0) != 0) return removal_failed(path, name);
    printf("%s %s/%s  (%s)\n", sum->dry_run ? "would remove" : "removed", path, name, sl_bytes_text(info.st_size, size));
    sum->files++;
    sum->bytes += info.st_size;
    return SL_OK;
}

static sl_status remove_in(const char *path, sl_run_file_choice choice, void *user, sl_removal *sum) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct dirent **entries;
    if (folder < 0) return errno == ENOENT ? SL_OK : removal_failed(path, "");
    int count = scandir(path, &entries, NULL, alphasort);
    sl_status status = count < 0 ? removal_failed(path, "") : SL_OK;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        bool ours = ends_with(name, ".safetensors") || ends_with(name, ".safetensors.tmp");
        if (ours && (!choice || choice(name, user))) {
            sl_status one = remove_one(folder, path, name, sum);
            if (one != SL_OK) status = one;
        }
        free(entries[i]);
    }
    if (count >= 0) free(entries);
    close(folder);
    if (!sum->dry_run) rmdir(path); // only when it is empty
    return status;
}

sl_status sl_run_files_remove(const sl_run_files *files, sl_run_file_choice choice, void *user, sl_removal *sum) {
    sl_status status = SL_OK;
    for (int i = 0; i < files->count; i++) {
        sl_status one = remove_in(files->folders[i], choice, user, sum);
        if (one != SL_OK) status = one;
    }
    return status;
}
