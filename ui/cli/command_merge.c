// ftw.h's depth-first walk needs it.
#define _GNU_SOURCE
#include "core/base/memory.h"
#include "db/db.h"
#include "ui/cli/command.h"
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct paths {
    char **items;
    size_t count, capacity;
    bool out_of_memory;
} paths;

// nftw passes nothing along.
static paths found;

static int visit(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info, (void)place;
    size_t length = strlen(path);
    if (kind != FTW_F || length < 4 || strcmp(path + length - 3, ".db") != 0) return 0;
    if (found.count == found.capacity) {
        size_t capacity = found.capacity ? found.capacity * 2 : 64;
        char **items = sl_realloc(found.items, capacity * sizeof *items);
        if (!items) found.out_of_memory = true;
        if (!items) return 1;
        found.items = items;
        found.capacity = capacity;
    }
    if (!(found.items[found.count] = sl_strdup(path))) {
        found.out_of_memory = true;
        return 1;
    }
    found.count++;
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void clear_found(void) {
    for (size_t i = 0; i < found.count; i++) sl_free(found.items[i]);
    sl_free(found.items);
    found = (paths){0};
}

// The database files under a folder in the order of their names; a file stands for itself.
static sl_status find_files(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0) return sl_error(SL_ERR_IO, "%s: cannot be read (%s)", path, strerror(errno));
    if (S_ISREG(info.st_mode)) {
        found.items = sl_calloc(1, sizeof *found.items);
        found.out_of_memory = !found.items || !(found.items[0] = sl_strdup(path));
        found.count = !found.out_of_memory;
    } else {
        nftw(path, visit, 16, FTW_PHYS);
    }
    if (found.out_of_memory) return sl_error(SL_ERR_MEMORY, "out of memory");
    if (found.count == 0) return sl_error(SL_ERR_IO, "%s: there is no file *.db in it", path);
    qsort(found.items, found.count, sizeof *found.items, by_name);
    return SL_OK;
}

static bool same_file(const char *a, const char *b) {
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// Files that cannot be merged are told, and the others are merged nevertheless. Returns how many could not.
static size_t merge_files(sl_db *db) {
    sl_db_copied sum = {0};
    size_t failed = 0, merged = 0;
    for (size_t i = 0; i < found.count; i++) {
        sl_db_copied one;
        if (same_file(found.items[i], sl_db_path(db))) continue;
        if (sl_db_copy_runs(db, found.items[i], NULL, 0, &one) != SL_OK) {
            sl_failure();
            failed++;
            continue;
        }
        printf("%s: %lld added, %lld replaced, %lld kept\n", found.items[i], (long long)one.added, (long long)one.replaced,
               (long long)one.kept);
        sum.added += one.added;
        sum.replaced += one.replaced;
        sum.kept += one.kept;
        merged++;
    }
    printf("%zu file%s into %s: %lld run%s added, %lld replaced, %lld kept", merged, merged == 1 ? "" : "s", sl_db_path(db),
           (long long)sum.added, sum.added == 1 ? "" : "s", (long long)sum.replaced, (long long)sum.kept);
    if (failed) printf("; %zu file%s could not be merged", failed, failed == 1 ? "" : "s");
    printf("\n");
    return failed;
}

static int run(const sl_arguments *arguments) {
    sl_db *db = NULL;
    size_t failed = 0;
    sl_status status = find_files(arguments->operands[0]);
    if (status == SL_OK) status = sl_db_open(sl_arguments_db(arguments), SL_DB_WRITE, &db);
    if (status == SL_OK) failed = merge_files(db);
    sl_db_close(db);
    clear_found();
    if (status != SL_OK) return sl_failure();
    return failed ? SL_EXIT_FAILURE : SL_EXIT_OK;
}

static const sl_option options[] = {SL_OPTION_DB, SL_OPTION_END};

const sl_command sl_command_merge = {
    .name = "merge",
    .summary = "Bring the runs of other database files into this one",
    .usage = "[OPTIONS] FOLDER",
    .description =
        "Copies all runs of every *.db under FOLDER (which may also be one file) into the database; the files themselves are\n"
        "left as they are. Runs are known by their ids: one that is there already is replaced by a later state of it and else\n"
        "kept, with tags and notes of both, so merging again, in any order, gives the same. A file that is damaged or of\n"
        "something else is told, and the others are merged. Runs that were purged here (`rm --purge`) stay away.",
    .examples = "semiluna merge slurm/camvid --db results.db\n",
    .options = options,
    .least = 1,
    .most = 1,
    .operand = "FILE",
    .run = run,
};
