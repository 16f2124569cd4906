#include "ui/cli/table.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "ui/cli/table_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

sl_table_format sl_table_format_of(const char *name) {
    static const char *const names[] = {
        [SL_TABLE_TEXT] = "table", [SL_TABLE_CSV] = "csv", [SL_TABLE_JSON] = "json", [SL_TABLE_MARKDOWN] = "markdown"};
    for (int i = 0; name && i < 4; i++)
        if (strcmp(name, names[i]) == 0) return (sl_table_format)i;
    return SL_TABLE_TEXT;
}

bool sl_table_is_human(sl_table_format format) {
    return format == SL_TABLE_TEXT || format == SL_TABLE_MARKDOWN;
}

bool sl_table_color(FILE *file) {
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(fileno(file)) && !(no_color && *no_color) && !(terminal && strcmp(terminal, "dumb") == 0);
}

// ---- cells ------------------------------------------------------------------------------------------------------------------

static sl_status append_duration(sl_text *text, double seconds) {
    if (!(seconds >= 0 && seconds < 1e12)) return sl_text_append(text, "-");
    long long whole = (long long)(seconds + 0.5), hours = whole / 3600;
    if (hours) return sl_text_append(text, "%lld:%02lld:%02lld", hours, whole / 60 % 60, whole % 60);
    return sl_text_append(text, "%lld:%02lld", whole / 60, whole % 60);
}

// Control characters would break the table, or do worse to a terminal.
static sl_status append_visible(sl_text *text, const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '\n')
            SL_TRY(sl_text_append(text, "\\n"));
        else if (c == '\t')
            SL_TRY(sl_text_append(text, "\\t"));
        else if (c == '\r')
            SL_TRY(sl_text_append(text, "\\r"));
        else if (c < 32 || c == 127)
            SL_TRY(sl_text_append(text, "\\x%02x", c));
        // C1 controls, as UTF-8 writes them
        else if (c == 0xc2 && i + 1 < count && (unsigned char)bytes[i + 1] >= 0x80 && (unsigned char)bytes[i + 1] < 0xa0)
            SL_TRY(sl_text_append(text, "\\x%02x", (unsigned char)bytes[++i]));
        else
            SL_TRY(sl_text_append_bytes(text, &bytes[i], 1));
    }
    return SL_OK;
}

static sl_status append_shown(sl_text *text, sl_column_kind kind, const sl_cell *cell) {
    bool number = cell->type == SL_DB_INTEGER || cell->type == SL_DB_REAL;
    double real = cell->type == SL_DB_INTEGER ? (double)cell->integer : cell->real;
    if (number && kind == SL_COLUMN_PERCENT) return sl_text_append(text, "%.1f", 100 * real);
    if (number && kind == SL_COLUMN_DURATION) return append_duration(text, real);
    switch (cell->type) {
    case SL_DB_INTEGER: return sl_text_append(text, "%lld", (long long)cell->integer);
    case SL_DB_REAL: return sl_text_append(text, "%.6g", real);
    case SL_DB_TEXT: return append_visible(text, cell->bytes, cell->count);
    case SL_DB_BLOB: return sl_text_append(text, "(%zu bytes)", cell->count);
    case SL_DB_NULL: break;
    }
    return SL_OK;
}

static sl_status copy_cell(const sl_db_value *value, sl_column_kind kind, sl_cell *cell) {
    cell->type = value->type;
    cell->integer = value->integer;
    cell->real = value->real;
    if (value->type == SL_DB_TEXT || value->type == SL_DB_BLOB) {
        cell->bytes = sl_malloc(value->bytes + 1);
        if (!cell->bytes) return sl_error(SL_ERR_MEMORY, "out of memory for the result");
        memcpy(cell->bytes, value->text, value->bytes);
        cell->bytes[value->bytes] = '\0';
        cell->count = value->bytes;
    }
    sl_text shown = {0};
    sl_status status = value->type == SL_DB_NULL ? SL_OK : sl_text_append(&shown, "%s", "");
    if (status == SL_OK) status = append_shown(&shown, kind, cell);
    cell->shown = shown.data;
    return status;
}

// ---- tables -----------------------------------------------------------------------------------------------------------------

static sl_status add_row(sl_table *table, const sl_db_cursor *cursor) {
    size_t width = (size_t)table->columns;
    if (table->rows == table->capacity) {
        size_t capacity = table->capacity ? table->capacity * 2 : 64;
        sl_cell *cells = sl_realloc(table->cells, capacity * width * sizeof *cells);
        if (!cells) return sl_error(SL_ERR_MEMORY, "out of memory for %zu rows", capacity);
        table->cells = cells;
        table->capacity = capacity;
    }
    sl_cell *row = table->cells + table->rows * width;
    memset(row, 0, width * sizeof *row);
    table->rows++; // counted before it is filled, so that freeing frees what is there
    for (int i = 0; i < table->columns; i++) {
        sl_db_value value = sl_db_cursor_value(cursor, i);
        SL_TRY(copy_cell(&value, table->kinds[i].kind, &row[i]));
    }
    return SL_OK;
}

static sl_status name_columns(sl_table *table, const sl_db_cursor *cursor, const sl_column *columns) {
    size_t width = (size_t)table->columns;
    table->kinds = sl_calloc(width, sizeof *table->kinds);
    table->names = sl_calloc(width, sizeof *table->names);
    if (!table->kinds || !table->names) return sl_error(SL_ERR_MEMORY, "out of memory for %d columns", table->columns);
    if (columns) memcpy(table->kinds, columns, width * sizeof *columns);
    for (int i = 0; i < table->columns; i++)
        if (!(table->names[i] = sl_strdup(sl_db_cursor_name(cursor, i)))) return sl_error(SL_ERR_MEMORY, "out of memory");
    return SL_OK;
}

sl_status sl_table_query(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count, const sl_column *columns,
                         sl_table **out) {
    sl_db_cursor *cursor;
    *out = NULL;
    SL_TRY(sl_db_query(db, sql, parameters, count, &cursor));
    sl_table *table = sl_calloc(1, sizeof *table);
    sl_status status = table ? SL_OK : sl_error(SL_ERR_MEMORY, "out of memory for the result");
    if (status == SL_OK) {
        table->columns = sl_db_cursor_columns(cursor);
        status = name_columns(table, cursor, columns);
    }
    bool row = true;
    while (status == SL_OK && row) {
        status = sl_db_cursor_next(cursor, &row);
        if (status == SL_OK && row) status = add_row(table, cursor);
    }
    sl_db_cursor_close(cursor);
    if (status != SL_OK) {
        sl_table_free(table);
        return status;
    }
    *out = table;
    return SL_OK;
}

void sl_table_free(sl_table *table) {
    if (!table) return;
    for (size_t i = 0; i < table->rows * (size_t)table->columns; i++) {
        sl_free(table->cells[i].bytes);
        sl_free(table->cells[i].shown);
    }
    for (int i = 0; table->names && i < table->columns; i++) sl_free(table->names[i]);
    sl_free(table->cells);
    sl_free(table->names);
    sl_free(table->kinds);
    sl_free(table);
}

size_t sl_table_rows(const sl_table *table) {
    return table->rows;
}

int sl_table_columns(const sl_table *table) {
    return table->columns;
}

const char *sl_table_name(const sl_table *table, int column) {
    return table->names[column];
}

const char *sl_table_cell(const sl_table *table, size_t row, int column) {
    return table->cells[row * (size_t)table->columns + (size_t)column].shown;
}

sl_status sl_table_set(sl_table *table, size_t row, int column, sl_db_value value) {
    sl_cell *cell = &table->cells[row * (size_t)table->columns + (size_t)column];
    sl_free(cell->bytes);
    sl_free(cell->shown);
    *cell = (sl_cell){0};
    return copy_cell(&value, table->kinds[column].kind, cell);
}

void sl_table_show(sl_table *table, int column, sl_column_shown shown) {
    table->kinds[column].shown = shown;
}
