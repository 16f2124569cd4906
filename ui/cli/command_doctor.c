// What this machine and this build can do, and what is missing: every line is the result of trying it.
#include "core/backend/backend.h"
#include "core/base/cpu.h"
#include "core/base/thread.h"
#include "db/db.h"
#include "lua/host.h"
#include "ui/cli/command.h"

#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int problems;

static void say(const char *subject, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const char *subject, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("%-12s", subject);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
}

// A line of `say` for what does not work, and what to do about it.
static void problem(const char *subject, const char *what, const char *advice) {
    problems++;
    say(subject, "PROBLEM  %s", what);
    if (advice) say("", "         %s", advice);
}

// ---- the machine ------------------------------------------------------------------------------------------------------------

// A line "MemAvailable:   123 kB" of /proc/meminfo in GiB; NAN where the system does not tell.
static double meminfo(const char *key) {
    FILE *file = fopen("/proc/meminfo", "r");
    char line[256];
    double value = NAN;
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key))) value = strtod(line + strlen(key), NULL) / (1024 * 1024);
    if (file) fclose(file);
    return value;
}

static void check_machine(void) {
    char model[128], features[128];
    sl_cpu_model(model, sizeof model);
    sl_cpu_features(features, sizeof features);
    say("processor", "%s%s%s", model[0] ? model : "unknown", features[0] ? "; " : "", features);
    say("threads", "%d of %ld processors", sl_threads_get(), sysconf(_SC_NPROCESSORS_ONLN));
    double total = meminfo("MemTotal:"), available = meminfo("MemAvailable:");
    if (total > 0) say("memory", "%.1f GiB, %.1f GiB of it available", total, available);
}

// ---- the backends -----------------------------------------------------------------------------------------------------------

enum { CHANNELS = 32, SIZE = 24 };

// A convolution, the same on every backend.
static sl_status convolve(const char *backend, sl_tensor **out) {
    sl_tensor *x = NULL, *weight = NULL, *y = NULL;
    sl_status status = sl_backend_use(backend);
    if (status == SL_OK) status = sl_tensor_new(SL_F32, sl_shape_image(1, CHANNELS, SIZE, SIZE), &x);
    if (status == SL_OK) status = sl_tensor_new(SL_F32, sl_shape_image(CHANNELS, CHANNELS, 3, 3), &weight);
    for (int64_t i = 0; status == SL_OK && i < sl_tensor_count(x); i++)
        sl_tensor_f32(x)[i] = (float)((i * 7 + 3) % 23) / 23 - 0.5f;
    for (int64_t i = 0; status == SL_OK && i < sl_tensor_count(weight); i++)
        sl_tensor_f32(weight)[i] = (float)((i * 5) % 19) / 19 - 0.5f;
    sl_op_attributes attributes = sl_op_attributes_default(SL_OP_conv2d);
    attributes.padding = 1;
    sl_tensor *inputs[SL_OP_MAX_INPUTS] = {x, weight, NULL};
    if (status == SL_OK) status = sl_op_run(SL_OP_conv2d, inputs, &attributes, &y);
    sl_tensor_free(x);
    sl_tensor_free(weight);
    *out = y;
    return status;
}

static double largest_difference(const sl_tensor *a, const sl_tensor *b) {
    double largest = 0;
    for (int64_t i = 0; i < sl_tensor_count(a); i++) {
        double difference = fabs((double)sl_tensor_f32(a)[i] - (double)sl_tensor_f32(b)[i]);
        if (isnan(difference)) return NAN;
        if (difference > largest) largest = difference;
    }
    return largest;
}

static void check_backends(void) {
    sl_tensor *expected = NULL, *result = NULL;
    if (convolve("reference", &expected) != SL_OK)
        problem("reference", sl_error_message(), NULL);
    else
        say("reference", "ok  %s", sl_backend_reference.about);
    if (!sl_backend_cpu()) {
        say("cpu", "not in this build (it was configured with -DSEMILUNA_ONEDNN=OFF): training will be slow");
    } else if (convolve("cpu", &result) != SL_OK) {
        problem("cpu", sl_error_message(), NULL);
    } else if (expected) {
        double difference = largest_difference(expected, result);
        if (!(difference <= 1e-4))
            problem("cpu", "a convolution differs from the reference backend's",
                    "please report this with the output of this command");
        else
            say("cpu", "ok  %s; a convolution agrees with the reference", sl_backend_cpu()->about);
    }
    sl_tensor_free(expected);
    sl_tensor_free(result);
}

// ---- the Lua library --------------------------------------------------------------------------------------------------------

static void check_lua(void) {
    const char *folder = getenv("SEMILUNA_LUA");
    const char *from = folder && *folder ? folder : "embedded";
    lua_State *state = NULL;
    if (sl_host_new(&state) != SL_OK) {
        problem("Lua", sl_error_message(), folder ? "unset SEMILUNA_LUA to use the embedded library" : NULL);
        return;
    }
    say("Lua", "ok  %s, library %s", sl_host_library(), from);
    sl_host_free(state);
}

// ---- the database -----------------------------------------------------------------------------------------------------------

static int64_t count_runs(sl_db *db, sl_status *status) {
    sl_db_cursor *cursor = NULL;
    bool row = false;
    int64_t count = 0;
    *status = sl_db_query(db, "select count(*) from run", NULL, 0, &cursor);
    if (*status == SL_OK) *status = sl_db_cursor_next(cursor, &row);
    if (row) count = sl_db_cursor_value(cursor, 0).integer;
    sl_db_cursor_close(cursor);
    return count;
}

static void check_database(const char *path) {
    char *copy = strdup(path);
    if (!copy) return;
    const char *folder = dirname(copy);
    char text[512];
    sl_db *db = NULL;
    sl_status status = SL_OK;
    if (access(folder, W_OK) != 0) {
        snprintf(text, sizeof text, "the folder %s of the database %s: %s", folder, path, strerror(errno));
        problem("database", text, "name another file with --db or SEMILUNA_DB");
    } else if (access(path, F_OK) != 0) {
        say("database", "ok  %s will be made by the first run; %s", path, sl_db_library());
    } else if (access(path, W_OK) != 0) {
        snprintf(text, sizeof text, "%s is read-only: runs cannot be recorded in it", path);
        problem("database", text, "name another file with --db or SEMILUNA_DB, or change its permissions");
    } else if ((status = sl_db_open(path, SL_DB_READ, &db)) == SL_OK) {
        int64_t runs = count_runs(db, &status);
        if (status == SL_OK)
            say("database", "ok  %s, %lld run%s; %s", path, (long long)runs, runs == 1 ? "" : "s", sl_db_library());
    }
    if (status != SL_OK) problem("database", sl_error_message(), NULL);
    sl_db_close(db);
    struct statvfs disk;
    if (statvfs(folder, &disk) == 0) {
        double free_space = (double)disk.f_bavail * (double)disk.f_frsize / (1 << 30);
        if (free_space < 1) {
            snprintf(text, sizeof text, "%.2f GiB are free in %s", free_space, folder);
            problem("disk", text, "a checkpoint of a ResNet-101 takes about half a GiB: free some space");
        } else {
            say("disk", "%.1f GiB free in %s", free_space, folder);
        }
    }
    free(copy);
}

// ---- programs ---------------------------------------------------------------------------------------------------------------

static bool on_path(const char *program) {
    const char *path = getenv("PATH");
    char file[1024];
    while (path && *path) {
        int length = (int)strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/%s", length, path, program);
        if (access(file, X_OK) == 0) return true;
        path += length + (path[length] == ':');
    }
    return false;
}

static void check_programs(void) {
    if (on_path("git"))
        say("git", "ok  the commit of each run is recorded");
    else
        say("git", "not found: runs will not record the commit of their script (install the package git)");
    if (!on_path("gnuplot"))
        say("gnuplot", "not found: `semiluna plot` draws in the terminal, but not into files (install the package gnuplot-nox)");
    if (!on_path("sqlite3")) say("sqlite3", "not found; not needed, `semiluna sql` does the same (package sqlite3)");
}

static int run(const sl_arguments *arguments) {
#ifdef __clang__
    const char *compiler = "clang " __clang_version__;
#else
    const char *compiler = "gcc " __VERSION__;
#endif
    say("semiluna", "%s, built with %s", SEMILUNA_VERSION, compiler);
    check_machine();
    check_backends();
    check_lua();
    check_database(sl_arguments_db(arguments));
    check_programs();
    if (problems) printf("\n%d problem%s found.\n", problems, problems == 1 ? "" : "s");
    return problems ? SL_EXIT_FAILURE : SL_EXIT_OK;
}

static const sl_option options[] = {SL_OPTION_DB, SL_OPTION_END};

const sl_command sl_command_doctor = {
    .name = "doctor",
    .summary = "Check processor, libraries, backends and database, and say what is missing",
    .usage = "[OPTIONS]",
    .description =
        "Every line is the result of trying it: a convolution on each backend, loading the library, opening the database.\n"
        "The exit status is 1 when something is wrong.",
    .options = options,
    .run = run,
};
