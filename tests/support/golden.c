#include "tests/support/golden.h"
#include "core/backend/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_SKIPPED = 77, MAX_PATH = 4096 };

double sl_golden_number(json_t *entry, const char *key, double fallback) {
    json_t *value = json_object_get(entry, key);
    if (json_is_number(value)) return json_number_value(value);
    if (json_is_boolean(value)) return json_is_true(value);
    if (json_is_string(value)) return strtod(json_string_value(value), NULL);
    return fallback;
}

const char *sl_golden_text(json_t *entry, const char *key, const char *fallback) {
    const char *text = json_string_value(json_object_get(entry, key));
    return text ? text : fallback;
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

sl_golden_family sl_golden_family_of(json_t *entry) {
    const char *op = sl_golden_text(entry, "op", ""), *model = sl_golden_text(entry, "model", "");
    sl_golden_family family;
    if (json_object_get(entry, "method")) return SL_GOLDEN_METHODS;
    if (starts_with(sl_golden_text(entry, "file", ""), "pth/")) return SL_GOLDEN_CHECKPOINTS;
    if (starts_with(model, "deeplab_v2") || !strcmp(model, "fc_discriminator")) return SL_GOLDEN_MODELS;
    if (sl_golden_op_known(op, &family)) return family;
    if (starts_with(op, "sgd") || starts_with(op, "adam")) return SL_GOLDEN_OPTIMIZERS;
    if (!strcmp(op, "mean_iou")) return SL_GOLDEN_METRICS;
    if (!strcmp(op, "resize")) return SL_GOLDEN_RESIZE;
    return SL_GOLDEN_UNKNOWN;
}

sl_status sl_golden_open(const sl_golden_case *golden, const char *file, sl_safetensors **out) {
    char path[MAX_PATH];
    *out = NULL;
    if (snprintf(path, sizeof path, "%s/%s", golden->folder, file) >= (int)sizeof path)
        return sl_error(SL_ERR_ARGUMENT, "%s: the path is too long", file);
    return sl_safetensors_open(path, out);
}

typedef enum verdict { PASSED, FAILED, SKIPPED } verdict;

// One line: verdict, backend, file, what was compared.
static verdict run_case(const sl_golden_test *test, const char *backend, sl_golden_case golden) {
    double spread = sl_golden_number(golden.entry, "relative_spread_f32_f64", 0.0);
    golden.file = sl_golden_text(golden.entry, "file", "");
    golden.comparison.tolerance = SL_GOLDEN_FACTOR * spread > test->floor ? SL_GOLDEN_FACTOR * spread : test->floor;
    sl_status status = sl_golden_open(&golden, golden.file, &golden.tensors);
    if (status == SL_OK) status = test->body(&golden);
    if (status != SL_OK) sl_comparison_fail(&golden.comparison, "%s", sl_error_message());
    sl_safetensors_close(golden.tensors);
    if (golden.skipped && status == SL_OK) {
        printf("skip  %-9s  %s: %s\n", backend, golden.file, golden.skipped);
        return SKIPPED;
    }
    bool ok = sl_comparison_ok(&golden.comparison);
    printf("%s  %-9s  %-50s %3d compared, worst %.2e, tolerance %.2e%s%s\n", ok ? "ok  " : "FAIL", backend, golden.file,
           golden.comparison.compared, golden.comparison.worst, golden.comparison.tolerance, ok ? "" : "\n      ",
           ok ? "" : golden.comparison.message);
    fflush(stdout);
    return ok ? PASSED : FAILED;
}

static void report_others(json_t *index) {
    size_t i;
    json_t *entry;
    json_array_foreach(index, i, entry) {
        const char *file = sl_golden_text(entry, "file", "(no file)");
        const char *what = sl_golden_text(entry, "op", sl_golden_text(entry, "model", "(neither op, model nor method)"));
        switch (sl_golden_family_of(entry)) {
        case SL_GOLDEN_UNKNOWN: printf("skip  %s: no test knows \"%s\"\n", file, what); break;
        case SL_GOLDEN_METHODS: printf("skip  %s: a training trajectory, checked by the Lua test of the methods\n", file); break;
        case SL_GOLDEN_CHECKPOINTS: printf("skip  %s: PyTorch checkpoints cannot be read yet\n", file); break;
        default: break;
        }
    }
}

static int run_all(const sl_golden_test *test, const char *only, const char *folder, json_t *index) {
    static const char *const backends[] = {"reference", "cpu"};
    size_t backend_count = test->any_backend ? 1 : sizeof backends / sizeof *backends, i;
    int cases = 0, failures = 0;
    json_t *entry;
    for (size_t b = 0; b < backend_count; b++) {
        const char *backend = test->any_backend ? "any" : backends[b];
        if (!test->any_backend && sl_backend_use(backend) != SL_OK) {
            printf("skip  backend %s: %s\n", backend, sl_error_message());
            continue;
        }
        json_array_foreach(index, i, entry) {
            if (sl_golden_family_of(entry) != test->family) continue;
            if (only && !strstr(sl_golden_text(entry, "file", ""), only)) continue;
            verdict result = run_case(test, backend, (sl_golden_case){.folder = folder, .index = index, .entry = entry});
            cases += result != SKIPPED;
            failures += result == FAILED;
        }
    }
    if (test->report_others) report_others(index);
    printf("%d cases, %d failed (%s)\n", cases, failures, folder);
    if (cases == 0) printf("skipped: nothing was compared\n");
    return failures ? EXIT_FAILURE : cases ? EXIT_SUCCESS : EXIT_SKIPPED;
}

int sl_golden_run(const sl_golden_test *test, const char *only) {
    char folder[MAX_PATH], path[MAX_PATH + 16];
    const char *set = getenv("SEMILUNA_GOLDEN");
    const char *source = getenv("SEMILUNA_SOURCE") ? getenv("SEMILUNA_SOURCE") : SL_SOURCE_DIR;
    if (set)
        snprintf(folder, sizeof folder, "%s", set);
    else
        snprintf(folder, sizeof folder, "%s/../shared/golden", source);
    snprintf(path, sizeof path, "%s/index.json", folder);
    struct stat status;
    if (stat(path, &status) != 0) {
        printf("skipped: there is no golden set at %s (set SEMILUNA_GOLDEN to its folder)\n", folder);
        return EXIT_SKIPPED;
    }
    json_error_t error;
    json_t *index = json_load_file(path, 0, &error);
    int result = EXIT_FAILURE;
    if (!index)
        printf("FAIL  %s:%d: %s\n", path, error.line, error.text);
    else if (!json_is_array(index))
        printf("FAIL  %s: not a list of entries\n", path);
    else
        result = run_all(test, only, folder, index);
    json_decref(index);
    return result;
}
