// In which options the runs of an experiment differ: read once for each run, told in a few characters ("T=.5 1/8 s2").
#include "core/base/memory.h"
#include "ui/tui/collect/collect_impl.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 50, OPTIONS_MOST = 4096, VALUES_MOST = 60000, TEXT_MOST = 400, VALUE_MOST = 28 };

// What says how a run is called or kept, not what it does.
static const char *const ignored[] = {"checkpoint.best",
                                      "checkpoint.every",
                                      "checkpoint.folder",
                                      "data.ahead",
                                      "data.loader_threads",
                                      "evaluate.confidence",
                                      "log_every",
                                      "name",
                                      "origin",
                                      "prune",
                                      "steered",
                                      "threads"};

static bool is_ignored(const char *name) {
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        if (strcmp(name, ignored[i]) == 0) return true;
    return false;
}

// ---- experiments -------------------------------------------------------------------------------------------------------------

static void clear_options(sl_known_experiment *e) {
    for (size_t i = 0; i < e->option_count; i++) {
        for (size_t k = 0; k < e->options[i].value_count; k++) sl_free(e->options[i].values[k]);
        sl_free(e->options[i].values);
        sl_free(e->options[i].name);
    }
    e->option_count = 0;
}

void sl_known_experiment_free(sl_known_experiment *e) {
    if (!e) return;
    clear_options(e);
    sl_free(e->options);
    sl_free(e);
}

// Where an experiment of that id is, or would be.
static size_t place_of(const sl_collection *c, int64_t id) {
    size_t low = 0, high = c->experiment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->experiments[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static sl_known_experiment *find_experiment(const sl_collection *c, int64_t id) {
    size_t place = place_of(c, id);
    return place < c->experiment_count && c->experiments[place]->id == id ? c->experiments[place] : NULL;
}

static sl_status experiment_of(sl_collection *c, int64_t id, sl_known_experiment **out) {
    if ((*out = find_experiment(c, id))) return SL_OK;
    SL_TRY(sl_grow((void **)&c->experiments, c->experiment_count, &c->experiment_capacity, sizeof *c->experiments));
    sl_known_experiment *e = sl_calloc(1, sizeof *e);
    if (!e) return sl_error(SL_ERR_MEMORY, "out of memory");
    e->id = id;
    e->version = 1;
    size_t place = place_of(c, id);
    memmove(c->experiments + place + 1, c->experiments + place, (c->experiment_count - place) * sizeof *c->experiments);
    c->experiments[place] = *out = e;
    c->experiment_count++;
    return SL_OK;
}

void sl_varies_forget(sl_collection *c, int64_t experiment) {
    sl_known_experiment *e = find_experiment(c, experiment);
    if (!e || e->option_count == 0) return; // nothing is known, or it was forgotten already
    clear_options(e);
    e->version++;
    for (size_t i = 0; i < c->run_count; i++)
        if (c->runs[i]->experiment_id == experiment) c->runs[i]->options_read = false;
}

// ---- reading -----------------------------------------------------------------------------------------------------------------

typedef struct reading {
    sl_collection *collection;
    sl_known_run *run; // whose rows are being read
    sl_known_experiment *experiment;
    size_t next; // the option that probably comes next: runs have the same ones in the same order
} reading;

static sl_status option_of(reading *r, const char *name, size_t *out) {
    sl_known_experiment *e = r->experiment;
    for (size_t k = 0; k < e->option_count; k++) {
        size_t i = (r->next + k) % e->option_count;
        if (strcmp(e->options[i].name, name) != 0) continue;
        r->next = i + 1;
        *out = i;
        return SL_OK;
    }
    *out = SIZE_MAX;
    if (e->option_count == OPTIONS_MOST) return SL_OK;
    SL_TRY(sl_grow((void **)&e->options, e->option_count, &e->option_capacity, sizeof *e->options));
    sl_known_option option = {.name = sl_strdup(name)};
    if (!option.name) return sl_error(SL_ERR_MEMORY, "out of memory");
    *out = e->option_count;
    e->options[e->option_count++] = option;
    r->next = e->option_count;
    return SL_OK;
}

static sl_status value_of(sl_known_option *option, const char *value, size_t *out) {
    for (size_t i = option->value_count; i > 0; i--) {
        if (strcmp(option->values[i - 1], value) != 0) continue;
        *out = i;
        return SL_OK;
    }
    *out = option->value_count; // with very many values the rest count as the last
    if (option->value_count == VALUES_MOST) return SL_OK;
    SL_TRY(sl_grow((void **)&option->values, option->value_count, &option->value_capacity, sizeof *option->values));
    if (!(option->values[option->value_count] = sl_strdup(value))) return sl_error(SL_ERR_MEMORY, "out of memory");
    *out = ++option->value_count;
    return SL_OK;
}

static sl_status set_choice(sl_known_run *run, size_t option, size_t value) {
    if (option >= run->choice_count) {
        size_t count = option + 32;
        uint16_t *grown = sl_realloc(run->choices, count * sizeof *grown);
        if (!grown) return sl_error(SL_ERR_MEMORY, "out of memory");
        memset(grown + run->choice_count, 0, (count - run->choice_count) * sizeof *grown);
        run->choices = grown;
        run->choice_count = count;
    }
    run->choices[option] = (uint16_t)value;
    return SL_OK;
}

static sl_status take_option(void *user, const sl_db_cursor *row) {
    reading *r = user;
    int64_t id = sl_row_integer(row, 0, -1);
    sl_db_value name = sl_db_cursor_value(row, 1), value = sl_db_cursor_value(row, 2);
    if (!r->run || r->run->id != id) {
        r->run = sl_runs_find(r->collection, id);
        r->next = 0;
        if (!r->run) return SL_OK;
        SL_TRY(experiment_of(r->collection, r->run->experiment_id, &r->experiment));
    }
    if (name.type != SL_DB_TEXT || is_ignored(name.text)) return SL_OK;
    size_t option, choice;
    SL_TRY(option_of(r, name.text, &option));
    if (option == SIZE_MAX) return SL_OK;
    SL_TRY(value_of(&r->experiment->options[option], value.type == SL_DB_TEXT ? value.text : "", &choice));
    return set_choice(r->run, option, choice);
}

static sl_status read_chunk(sl_collection *c, sl_known_run *const *runs, size_t count) {
    sl_text ids = {0};
    sl_status status = SL_OK;
    for (size_t i = 0; i < count && status == SL_OK; i++) {
        status = sl_text_append(&ids, "%s%lld", i ? "," : "[", (long long)runs[i]->id);
        if (runs[i]->choices) memset(runs[i]->choices, 0, runs[i]->choice_count * sizeof *runs[i]->choices);
    }
    if (status == SL_OK) status = sl_text_append(&ids, "]");
    sl_db_value parameter = sl_db_text(ids.data);
    reading r = {.collection = c};
    if (status == SL_OK)
        status =
            sl_each_row(c->db,
                        "SELECT p.run, substr(p.name, 1, 200), substr(p.value, 1, 200) FROM json_each(?1) i CROSS JOIN param p"
                        " ON p.run = i.value",
                        &parameter, 1, take_option, &r);
    sl_text_free(&ids);
    for (size_t i = 0; i < count && status == SL_OK; i++) {
        sl_known_experiment *e;
        status = experiment_of(c, runs[i]->experiment_id, &e);
        if (status != SL_OK) break;
        e->touched = true;
        runs[i]->options_read = true;
    }
    return status;
}

// ---- what varies -------------------------------------------------------------------------------------------------------------

static size_t choice_of(const sl_known_run *run, size_t option) {
    return option < run->choice_count ? run->choices[option] : 0;
}

static size_t find_option(const sl_known_experiment *e, const char *name) {
    for (size_t i = 0; i < e->option_count; i++)
        if (strcmp(e->options[i].name, name) == 0) return i;
    return SIZE_MAX;
}

// Which option may say already what another is; of any other option the variant may.
static size_t leader_of(const sl_known_experiment *e, const char *name) {
    static const char *const pairs[][2] = {{"data.unlabeled", "data.labeled"},
                                           {"data.split_seed", "seed"},
                                           {"method.semi_adv_start", "method.semi_start"},
                                           {"seed", NULL},
                                           {"variant", NULL}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(pairs[i][0], name) == 0) return pairs[i][1] ? find_option(e, pairs[i][1]) : SIZE_MAX;
    return find_option(e, "variant");
}

// Whether all runs that have the same value of the leader have the same of an option.
static sl_status follows(const sl_collection *c, const sl_known_experiment *e, size_t leader, size_t option, bool *out) {
    *out = false;
    if (leader == SIZE_MAX || e->options[leader].value_count < 2) return SL_OK;
    size_t *seen = sl_calloc(e->options[leader].value_count + 1, sizeof *seen); // its choice, plus 1
    if (!seen) return sl_error(SL_ERR_MEMORY, "out of memory");
    *out = true;
    for (size_t i = 0; i < c->run_count && *out; i++) {
        const sl_known_run *run = c->runs[i];
        if (run->experiment_id != e->id || !run->options_read) continue;
        size_t *value = &seen[choice_of(run, leader)], choice = choice_of(run, option) + 1;
        if (*value == 0) *value = choice;
        *out = *value == choice;
    }
    sl_free(seen);
    return SL_OK;
}

// An option that some runs have not at all comes and goes with the method, which is told.
static sl_status find_varied(const sl_collection *c, sl_known_experiment *e) {
    for (size_t i = 0; i < e->option_count; i++) {
        sl_known_option *option = &e->options[i];
        bool varies = option->value_count > 1, follow = false;
        if (varies) SL_TRY(follows(c, e, leader_of(e, option->name), i, &follow));
        if (varies != option->varies || follow != option->follows) e->version++;
        option->varies = varies;
        option->follows = follow;
    }
    e->touched = false;
    return SL_OK;
}

sl_status sl_varies_read(sl_collection *c, double deadline) {
    sl_known_run *chunk[CHUNK];
    size_t count = 0;
    bool some = false;
    for (size_t i = c->run_count; i > 0; i--) {
        if (!c->runs[i - 1]->options_read) chunk[count++] = c->runs[i - 1];
        if (count == 0 || (count < CHUNK && i > 1)) continue;
        if (some && sl_seconds_steady() > deadline) {
            c->pending = true;
            break;
        }
        SL_TRY(read_chunk(c, chunk, count));
        some = true;
        count = 0;
    }
    for (size_t i = 0; i < c->experiment_count; i++)
        if (c->experiments[i]->touched) SL_TRY(find_varied(c, c->experiments[i]));
    return SL_OK;
}

// ---- telling -----------------------------------------------------------------------------------------------------------------

// 0.5 is ".5"; an eighth of the labels "1/8", whether written 0.125 or as the list 1_8_labeled.txt; of a path its last part.
static void short_value(const char *option, const char *value, char out[VALUE_MOST + 4]) {
    char *end;
    double number = strtod(value, &end);
    if (end != value && *end == '\0' && isfinite(number)) {
        double parts = number > 0 && number < 1 ? 1 / number : 0;
        if (strcmp(option, "data.labeled") == 0 && parts > 0 && fabs(parts - round(parts)) < 1e-6 * parts)
            snprintf(out, VALUE_MOST, "1/%.0f", parts);
        else
            snprintf(out, VALUE_MOST, "%.6g", number);
        if (strncmp(out, "0.", 2) == 0) memmove(out, out + 1, strlen(out));
        if (strncmp(out, "-0.", 3) == 0) memmove(out + 1, out + 2, strlen(out + 1));
        return;
    }
    const char *slash = strrchr(value, '/');
    if (slash && slash[1] && !isdigit((unsigned char)value[0])) value = slash + 1;
    size_t length = strlen(value);
    long part, whole;
    int end_of_share = 0;
    if (strcmp(option, "data.labeled") == 0 && sscanf(value, "%9ld_%9ld_labeled%n", &part, &whole, &end_of_share) == 2 &&
        end_of_share) {
        snprintf(out, VALUE_MOST, "%ld/%ld", part, whole);
        return;
    }
    if (length > 4 && (strcmp(value + length - 4, ".txt") == 0 || strcmp(value + length - 4, ".lua") == 0)) length -= 4;
    if (length > VALUE_MOST) {
        length = VALUE_MOST;
        while (length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80) length--; // no half of a character
        snprintf(out, VALUE_MOST + 4, "%.*s~", (int)length, value);
    } else {
        snprintf(out, VALUE_MOST + 4, "%.*s", (int)length, value);
    }
}

// How an option stands before its value; "" where the value speaks for itself.
static void label_of(const char *name, char out[64]) {
    static const char *const known[][2] = {{"variant", ""}, {"method.threshold", "T="}, {"data.labeled", ""},
                                           {"seed", "s"},   {"model.backbone", ""},     {"method", ""}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i][0], name) != 0) continue;
        snprintf(out, 64, "%s", known[i][1]);
        return;
    }
    const char *dot = strrchr(name, '.');
    snprintf(out, 64, "%.60s=", dot && dot[1] ? dot + 1 : name);
}

// The order in which they are told.
static int rank_of(const char *name) {
    static const char *const first[] = {"variant", "method", "method.threshold", "data.labeled"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, first[i]) == 0) return i;
    return strcmp(name, "seed") == 0 ? 6 : 5;
}

typedef struct told {
    const char *name;
    size_t option;
} told;

static int by_rank(const void *a, const void *b) {
    const told *one = a, *other = b;
    int difference = rank_of(one->name) - rank_of(other->name);
    return difference ? difference : strcmp(one->name, other->name);
}

static sl_status tell(const sl_known_experiment *e, const sl_known_run *run, sl_text *out) {
    enum { TOLD_MOST = 32 };
    told list[TOLD_MOST];
    size_t count = 0;
    for (size_t i = 0; i < e->option_count && count < TOLD_MOST; i++) {
        if (e->options[i].varies && !e->options[i].follows) list[count++] = (told){e->options[i].name, i};
    }
    qsort(list, count, sizeof *list, by_rank);
    for (size_t i = 0; i < count && out->length < TEXT_MOST; i++) {
        size_t choice = choice_of(run, list[i].option);
        char label[64], value[VALUE_MOST + 4];
        if (!choice) continue;
        label_of(list[i].name, label);
        short_value(list[i].name, e->options[list[i].option].values[choice - 1], value);
        if (*value) SL_TRY(sl_text_append(out, "%s%s%s", out->length ? " " : "", label, value));
    }
    return SL_OK;
}

const char *sl_varies_text(sl_collection *c, sl_known_run *run) {
    const sl_known_experiment *e = run->options_read ? find_experiment(c, run->experiment_id) : NULL;
    if (!e) return run->varies ? run->varies : "";
    if (run->varies_version != e->version || !run->varies) {
        sl_text text = {0};
        if (tell(e, run, &text) == SL_OK) {
            sl_free(run->varies);
            run->varies = text.data;
            run->varies_version = e->version;
        } else {
            sl_text_free(&text);
        }
    }
    return run->varies ? run->varies : "";
}

bool sl_varies_in(const sl_collection *c, const sl_known_run *run, const char *option) {
    const sl_known_experiment *e = run->options_read ? find_experiment(c, run->experiment_id) : NULL;
    for (size_t i = 0; e && i < e->option_count; i++)
        if (strcmp(e->options[i].name, option) == 0) return e->options[i].varies;
    return false;
}
