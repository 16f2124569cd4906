#include "db/db.h"

#include <sqlite3.h>
#include <stdio.h>

const char *sl_db_library(void) {
    static _Thread_local char name[64];
    snprintf(name, sizeof name, "SQLite %s", sqlite3_libversion());
    return name;
}
