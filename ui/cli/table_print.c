// Printing tables: aligned text, markdown, csv, json.
#define _GNU_SOURCE // wcwidth
#include "core/base/memory.h"
#include "ui/cli/table_impl.h"
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { WIDEST = 100 };

static bool is_shown(const sl_table *table, int column, bool human) {
    sl_column_shown shown = table->kinds[column].shown;
    return shown == SL_SHOWN_ALWAYS || shown == (human ? SL_SHOWN_HUMAN : SL_SHOWN_MACHINE);
}

static const sl_cell *cell_at(const sl_table *table, size_t row, int column) {
    return &table->cells[row * (size_t)table->columns + (size_t)column];
}

// ---- UTF-8 ------------------------------------------------------------------------------------------------------------------

// The bytes of the character at `text` (at least 1), or -1 where it is not UTF-8; *code receives it.
static int decode(const char *text, size_t left, unsigned *code) {
    const unsigned char *u = (const unsigned char *)text;
    int length = u[0] < 0x80                   ? 1
                 : u[0] >= 0xc2 && u[0] < 0xe0 ? 2
                 : (u[0] & 0xf0) == 0xe0       ? 3
                 : u[0] >= 0xf0 && u[0] < 0xf5 ? 4
                                               : -1;
    if (length < 0 || (size_t)length > left) return -1;
    if (length == 1) {
        *code = u[0];
        return 1;
    }
    unsigned value = u[0] & (0x7fu >> length);
    for (int i = 1; i < length; i++) {
        if ((u[i] & 0xc0) != 0x80) return -1;
        value = value << 6 | (u[i] & 0x3f);
    }
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return -1;
    *code = value;
    return length;
}

// Columns that a character takes on a terminal. The C library knows, in a UTF-8 locale; the program's own may be another.
static int width_of(unsigned code) {
    static locale_t utf8;
    if (code < 0x80) return 1;
    if (!utf8) utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8) return 1;
    locale_t before = uselocale(utf8);
    int width = wcwidth((wchar_t)code);
    uselocale(before);
    return width < 0 ? 1 : width;
}

// The width of `text` in columns, up to `limit`: *bytes receives how many bytes fit.
static int measure(const char *text, int limit, size_t *bytes) {
    size_t length = strlen(text), at = 0;
    int width = 0;
    while (at < length) {
        unsigned code = 0xfffd;
        int step = decode(text + at, length - at, &code);
        int columns = step < 0 ? 1 : width_of(code);
        if (width + columns > limit) break;
        width += columns;
        at += step < 0 ? 1 : (size_t)step;
    }
    if (bytes) *bytes = at;
    return width;
}

// ---- for people -------------------------------------------------------------------------------------------------------------

static const char *shown_text(const sl_table *table, size_t row, int column) {
    const char *text = cell_at(table, row, column)->shown;
    return text ? text : "-";
}

static bool aligns_right(const sl_table *table, int column) {
    sl_column_kind kind = table->kinds[column].kind;
    if (kind == SL_COLUMN_PERCENT || kind == SL_COLUMN_DURATION || kind == SL_COLUMN_RIGHT) return true;
    bool numbers = false;
    for (size_t row = 0; row < table->rows; row++) {
        sl_db_type type = cell_at(table, row, column)->type;
        if (type == SL_DB_TEXT || type == SL_DB_BLOB) return false;
        numbers |= type != SL_DB_NULL;
    }
    return numbers;
}

static const char *state_color(const char *state) {
    static const char *const colors[][2] = {{"running", "\033[36m"}, {"done", "\033[32m"},     {"stopped", "\033[33m"},
                                            {"failed", "\033[31m"},  {"diverged", "\033[31m"}, {"dead", "\033[31m"},
                                            {"paused", "\033[35m"}};
    for (size_t i = 0; i < sizeof colors / sizeof *colors; i++)
        if (strcmp(state, colors[i][0]) == 0) return colors[i][1];
    return "";
}

static void put_padded(const char *text, int width, bool right, bool last, const char *color, FILE *file) {
    size_t bytes, all = strlen(text);
    int columns = measure(text, WIDEST, &bytes);
    bool cut = bytes < all;
    if (cut) columns = measure(text, WIDEST - 1, &bytes) + 1;
    if (right) fprintf(file, "%*s", width - columns, "");
    fprintf(file, "%s%.*s%s%s", color, (int)bytes, text, cut ? "…" : "", *color ? "\033[0m" : "");
    if (!right && !last) fprintf(file, "%*s", width - columns, "");
}

static void print_text(const sl_table *table, bool color, FILE *file) {
    int last = -1;
    int *widths = sl_calloc((size_t)table->columns, sizeof *widths);
    if (!widths) return;
    for (int i = 0; i < table->columns; i++) {
        if (!is_shown(table, i, true)) continue;
        last = i;
        widths[i] = measure(table->names[i], WIDEST, NULL);
        for (size_t row = 0; row < table->rows; row++) {
            int width = measure(shown_text(table, row, i), WIDEST, NULL);
            if (width > widths[i]) widths[i] = width;
        }
    }
    for (size_t line = 0; line <= table->rows; line++) {
        bool first = true;
        for (int i = 0; i < table->columns; i++) {
            if (!is_shown(table, i, true)) continue;
            const char *text = line ? shown_text(table, line - 1, i) : table->names[i];
            const char *paint = !color                                    ? ""
                                : line == 0                               ? "\033[1m"
                                : table->kinds[i].kind == SL_COLUMN_STATE ? state_color(text)
                                                                          : "";
            if (!first) fputs("  ", file);
            put_padded(text, widths[i], aligns_right(table, i), i == last, paint, file);
            first = false;
        }
        fputc('\n', file);
    }
    sl_free(widths);
}

static void put_markdown(const char *text, FILE *file) {
    for (; *text; text++) {
        if (strchr("|\\`*_<", *text)) fputc('\\', file);
        fputc(*text, file);
    }
}

static void print_markdown(const sl_table *table, FILE *file) {
    for (int i = 0; i < table->columns; i++) {
        if (!is_shown(table, i, true)) continue;
        fputs("| ", file);
        put_markdown(table->names[i], file);
        fputc(' ', file);
    }
    fputs("|\n", file);
    for (int i = 0; i < table->columns; i++)
        if (is_shown(table, i, true)) fputs(aligns_right(table, i) ? "| ---: " : "| --- ", file);
    fputs("|\n", file);
    for (size_t row = 0; row < table->rows; row++) {
        for (int i = 0; i < table->columns; i++) {
            if (!is_shown(table, i, true)) continue;
            fputs("| ", file);
            put_markdown(shown_text(table, row, i), file);
            fputc(' ', file);
        }
        fputs("|\n", file);
    }
}

// ---- for programs -----------------------------------------------------------------------------------------------------------

// The fewest digits that read back as the same number.
static void put_real(double value, const char *infinity, FILE *file) {
    char text[40];
    if (isinf(value)) {
        fprintf(file, "%s%s", value < 0 ? "-" : "", infinity);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    fputs(text, file);
    if (!strpbrk(text, ".en")) fputs(".0", file); // still a real number to whoever reads it
}

static void put_hex(const sl_cell *cell, FILE *file) {
    for (size_t i = 0; i < cell->count; i++) fprintf(file, "%02x", (unsigned char)cell->bytes[i]);
}

static void put_csv_text(const char *text, size_t bytes, FILE *file) {
    bool quote = false;
    for (size_t i = 0; i < bytes; i++) quote |= strchr(",\"\r\n", text[i]) != NULL; // and a zero byte
    if (bytes && (text[0] == ' ' || text[bytes - 1] == ' ')) quote = true;
    if (bytes == 0) quote = true; // "" is a text, nothing is NULL
    if (quote) fputc('"', file);
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '"') fputc('"', file);
        fputc(text[i], file);
    }
    if (quote) fputc('"', file);
}

static void put_csv_cell(const sl_cell *cell, FILE *file) {
    switch (cell->type) {
    case SL_DB_INTEGER: fprintf(file, "%lld", (long long)cell->integer); break;
    case SL_DB_REAL: put_real(cell->real, "inf", file); break;
    case SL_DB_TEXT: put_csv_text(cell->bytes, cell->count, file); break;
    case SL_DB_BLOB: put_hex(cell, file); break;
    case SL_DB_NULL: break;
    }
}

static void print_csv(const sl_table *table, FILE *file) {
    for (size_t line = 0; line <= table->rows; line++) {
        bool first = true;
        for (int i = 0; i < table->columns; i++) {
            if (!is_shown(table, i, false)) continue;
            if (!first) fputc(',', file);
            if (line == 0)
                put_csv_text(table->names[i], strlen(table->names[i]), file);
            else
                put_csv_cell(cell_at(table, line - 1, i), file);
            first = false;
        }
        fputc('\n', file);
    }
}

void sl_table_print_json_string(const char *text, size_t bytes, FILE *file) {
    char *clean = sl_malloc(3 * bytes + 1);
    size_t length = 0;
    if (!clean) return;
    for (size_t at = 0; at < bytes;) {
        unsigned code;
        int step = decode(text + at, bytes - at, &code);
        if (step < 0) {
            memcpy(clean + length, "\xef\xbf\xbd", 3);
            length += 3;
            at++;
        } else {
            memcpy(clean + length, text + at, (size_t)step);
            length += (size_t)step;
            at += (size_t)step;
        }
    }
    json_t *string = json_stringn_nocheck(clean, length);
    if (string) json_dumpf(string, file, JSON_ENCODE_ANY);
    json_decref(string);
    sl_free(clean);
}

static void put_json_cell(const sl_cell *cell, sl_column_kind kind, FILE *file) {
    if (kind == SL_COLUMN_JSON && cell->type == SL_DB_TEXT) {
        fputs(cell->bytes, file);
        return;
    }
    switch (cell->type) {
    case SL_DB_INTEGER: fprintf(file, "%lld", (long long)cell->integer); break;
    case SL_DB_REAL: put_real(cell->real, "1e999", file); break;
    case SL_DB_TEXT: sl_table_print_json_string(cell->bytes, cell->count, file); break;
    case SL_DB_BLOB:
        fputc('"', file);
        put_hex(cell, file);
        fputc('"', file);
        break;
    case SL_DB_NULL: fputs("null", file); break;
    }
}

static void put_json_key(const sl_table *table, int column, FILE *file) {
    char key[300];
    int same = 1;
    for (int i = 0; i < column; i++) same += is_shown(table, i, false) && strcmp(table->names[i], table->names[column]) == 0;
    // An object's keys differ: a second "id" is "id_2".
    snprintf(key, sizeof key, "%.280s_%d", table->names[column], same);
    if (same == 1)
        sl_table_print_json_string(table->names[column], strlen(table->names[column]), file);
    else
        sl_table_print_json_string(key, strlen(key), file);
}

static void put_json_row(const sl_table *table, size_t row, FILE *file) {
    bool first = true;
    fputc('{', file);
    for (int i = 0; i < table->columns; i++) {
        if (!is_shown(table, i, false)) continue;
        if (!first) fputs(", ", file);
        put_json_key(table, i, file);
        fputs(": ", file);
        put_json_cell(cell_at(table, row, i), table->kinds[i].kind, file);
        first = false;
    }
    fputc('}', file);
}

void sl_table_print_json(const sl_table *table, int indent, bool first_only, FILE *file) {
    if (first_only) {
        if (table->rows)
            put_json_row(table, 0, file);
        else
            fputs("null", file);
        return;
    }
    fputc('[', file);
    for (size_t row = 0; row < table->rows; row++) {
        fprintf(file, "%s\n%*s", row ? "," : "", indent + 2, "");
        put_json_row(table, row, file);
    }
    if (table->rows) fprintf(file, "\n%*s", indent, "");
    fputc(']', file);
}

void sl_table_print(const sl_table *table, sl_table_format format, bool color, FILE *file) {
    switch (format) {
    case SL_TABLE_TEXT: print_text(table, color, file); break;
    case SL_TABLE_CSV: print_csv(table, file); break;
    case SL_TABLE_MARKDOWN: print_markdown(table, file); break;
    case SL_TABLE_JSON:
        sl_table_print_json(table, 0, false, file);
        fputc('\n', file);
        break;
    }
}
