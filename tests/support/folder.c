#define _GNU_SOURCE // nftw
#include "tests/support/folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

const char *sl_test_folder(void) {
    static char folders[4][256];
    static int turn;
    const char *base = getenv("TMPDIR");
    char *folder = folders[turn++ % 4];
    snprintf(folder, sizeof folders[0], "%s/semiluna-test-XXXXXX", base && *base ? base : P_tmpdir);
    if (mkdtemp(folder)) return folder;
    perror(folder);
    exit(1);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

void sl_test_folder_remove(const char *folder) {
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *sl_test_path(const char *folder, const char *name) {
    static char paths[8][400];
    static int turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}
