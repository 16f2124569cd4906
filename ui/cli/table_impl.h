// What a table is made of: shared by its filling (table.c) and its printing (table_print.c).
#ifndef SL_UI_CLI_TABLE_IMPL_H
#define SL_UI_CLI_TABLE_IMPL_H

#include "ui/cli/table.h"

typedef struct sl_cell {
    sl_db_type type;
    int64_t integer;
    double real;
    char *bytes; // TEXT and BLOB, owned
    size_t count;
    char *shown; // for people, owned; NULL for NULL
} sl_cell;

struct sl_table {
    int columns;
    char **names;
    sl_column *kinds;
    sl_cell *cells; // rows x columns
    size_t rows, capacity;
};

#endif
