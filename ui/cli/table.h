// A query's result as a table for people (text, markdown) or for programs (csv, json).
//
// In tables NULL is "-", numbers are aligned right, control characters are shown as \n, \t, \x1b, and a cell wider than 100
// columns is cut with an ellipsis. In csv NULL is empty and infinities are inf; in json they are null and 1e999.
#ifndef SL_UI_CLI_TABLE_H
#define SL_UI_CLI_TABLE_H

#include "db/db.h"
#include <stdbool.h>
#include <stdio.h>

typedef enum sl_table_format { SL_TABLE_TEXT, SL_TABLE_CSV, SL_TABLE_JSON, SL_TABLE_MARKDOWN } sl_table_format;

// "table", "csv", "json" or "markdown"; NULL is "table", and so is what is none of them (the option parser has checked it).
sl_table_format sl_table_format_of(const char *name);
bool sl_table_is_human(sl_table_format format); // table, markdown

// How people see a column. Programs always get the value as it is.
typedef enum sl_column_kind {
    SL_COLUMN_PLAIN,
    SL_COLUMN_PERCENT,  // 0.2834 is 28.3
    SL_COLUMN_DURATION, // seconds: 2:05, 1:10:03
    SL_COLUMN_RIGHT,    // text, aligned right
    SL_COLUMN_STATE,    // a run's state, coloured
    SL_COLUMN_JSON,     // text that is JSON already, which stands in json as it is
} sl_column_kind;

typedef enum sl_column_shown { SL_SHOWN_ALWAYS, SL_SHOWN_HUMAN, SL_SHOWN_MACHINE, SL_SHOWN_NEVER } sl_column_shown;

// SQL for the state of a row of run_summary, where a running run that was told to pause is "paused".
#define SL_STATE_SQL                                                                                         \
    "CASE WHEN run_summary.state = 'running' AND (SELECT e.kind FROM event e WHERE e.run = run_summary.id"   \
    " AND e.kind IN ('paused', 'continued', 'resumed') ORDER BY e.id DESC LIMIT 1) = 'paused' THEN 'paused'" \
    " ELSE run_summary.state END"

typedef struct sl_column {
    sl_column_kind kind;
    sl_column_shown shown;
} sl_column;

typedef struct sl_table sl_table;

// Runs a query and keeps all its rows. `columns` describes them in order, as many as there are; NULL: all plain.
sl_status sl_table_query(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count, const sl_column *columns,
                         sl_table **out);
void sl_table_free(sl_table *table); // NULL is fine
size_t sl_table_rows(const sl_table *table);
// The cell of a row and column as people see it; NULL where it is NULL. Valid while the table is.
const char *sl_table_cell(const sl_table *table, size_t row, int column);
// Puts another value in a cell; shows a column otherwise.
sl_status sl_table_set(sl_table *table, size_t row, int column, sl_db_value value);
void sl_table_show(sl_table *table, int column, sl_column_shown shown);
const char *sl_table_name(const sl_table *table, int column);
int sl_table_columns(const sl_table *table);

// `color` adds terminal colours to text tables.
void sl_table_print(const sl_table *table, sl_table_format format, bool color, FILE *file);
// The rows as a json array of objects, each line after the first indented; no line end after it. `first_only`: the first row's
// object alone.
void sl_table_print_json(const sl_table *table, int indent, bool first_only, FILE *file);
// A string in quotes, escaped for json; invalid UTF-8 becomes U+FFFD.
void sl_table_print_json_string(const char *text, size_t bytes, FILE *file);

// Whether to colour what goes to `file`: it is a terminal and NO_COLOR is unset or empty.
bool sl_table_color(FILE *file);

#endif
