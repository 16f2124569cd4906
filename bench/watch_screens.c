// What each screen of the dashboard costs, with the real program in a terminal of its own: how long after its key it stands there
// with its numbers, and how much of a processor it takes while nothing happens and while a run of 50 steps a second logs; and the
// memory of a dashboard that is left open on such a run.
//
//   bench_watch_screens PROGRAM FILE [SECONDS [MINUTES]]     FILE: as `semiluna lua bench/compare.lua make FILE` makes it; how
//   long
//                                                            each is measured (20), and memory (0: not)
//
// The run that logs is written to FILE, and goes again at the end.
#include "bench/pty.h"
#include "db/writer.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLASSES = 11, STEPS_A_SECOND = 50, EVALUATED_EVERY = 500, TIMES = 5 };

static const struct {
    const char *name, *before, *keys, *text; // before: what is done first; text: of the screen once its numbers are there
} screens[] = {
    {"runs", "", "", ""},
    {"run", "", "\r", "history"},
    {"compare, two marked runs", "  ", "c", "sd (n)"},
    {"compare, all runs", "", "c", "sd (n)"},
    {"diff", "  ", "d", "differ"},
    {"confusion", "", "x", "taken for it"},
    {"samples, of which there are none", "", "s", "stored no pictures"},
    {"health", "", "a", "What is looked for"},
    {"help", "", "?", "On the runs screen"},
};
enum { SCREENS = sizeof screens / sizeof *screens };

// ---- a run that logs --------------------------------------------------------------------------------------------------------

typedef struct logging {
    const char *path;
    sl_db *db;
    sl_writer *writer;
    int64_t run, step;
    atomic_bool stop;
    pthread_t thread;
} logging;

static void evaluate(logging *l) {
    int64_t counts[CLASSES * CLASSES];
    for (int i = 0; i < CLASSES * CLASSES; i++) counts[i] = i % (CLASSES + 1) ? 100 + i : 100000;
    for (int i = 0; i < CLASSES; i++) sl_writer_class_iou(l->writer, l->run, l->step, "val", i, "class", 0.5);
    sl_writer_confusion(l->writer, l->run, l->step, "val", CLASSES, counts);
    sl_writer_event(l->writer, l->run, l->step, "evaluation", "mIoU 0.5");
}

static void *log_on(void *user) {
    static const char *const names[] = {"seg", "adv", "semi", "kept", "D"};
    logging *l = user;
    double began = pty_now();
    for (l->step = 1; !atomic_load(&l->stop); l->step++) {
        for (int i = 0; i < 5; i++) sl_writer_metric(l->writer, l->run, l->step, names[i], 1.0 / (double)(i + l->step));
        sl_writer_heartbeat(l->writer, l->run, l->step);
        if (l->step % EVALUATED_EVERY == 0) evaluate(l);
        double left = began + (double)l->step / STEPS_A_SECOND - pty_now();
        if (left > 0) nanosleep(&(struct timespec){(time_t)left, (long)(fmod(left, 1) * 1e9)}, NULL);
    }
    return NULL;
}

static bool begin_logging(logging *l, const char *path) {
    char uuid[37];
    sl_run_info info = {.experiment = "bench", .name = "live", .method = "advsemiseg", .steps = 1000000, .pid = getpid()};
    *l = (logging){.path = path};
    return sl_db_open(path, SL_DB_CHANGE, &l->db) == SL_OK && sl_writer_open(path, &l->writer) == SL_OK &&
           sl_db_run_new(l->db, &info, &l->run, uuid) == SL_OK && pthread_create(&l->thread, NULL, log_on, l) == 0;
}

static bool end_logging(logging *l) {
    atomic_store(&l->stop, true);
    pthread_join(l->thread, NULL);
    bool fine = sl_writer_close(l->writer) == SL_OK && sl_db_run_finish(l->db, l->run, "stopped", l->step, NULL) == SL_OK &&
                sl_db_run_remove(l->db, l->run) == SL_OK && sl_db_run_purge(l->db, l->run) == SL_OK;
    sl_db_close(l->db);
    return fine;
}

// ---- measuring --------------------------------------------------------------------------------------------------------------

static double busy(pty *p, double seconds, double *mib) {
    double used = pty_processor(p->pid, mib), began = pty_now();
    pty_listen(p, seconds);
    return 100 * (pty_processor(p->pid, mib) - used) / (pty_now() - began);
}

// Stands at the first line of the table, with its numbers there, and `before` done.
static void stand(pty *p, int screen) {
    pty_say(p, "\033[H");
    pty_listen(p, 1);
    if (*screens[screen].before) pty_say(p, screens[screen].before);
    pty_listen(p, 1);
}

static double opening(pty *p, int screen) {
    double best = INFINITY;
    for (int i = 0; i < TIMES; i++) {
        pty_say(p, screens[screen].keys);
        double took = pty_await(p, screens[screen].text, 30);
        if (!isfinite(took)) fprintf(stderr, "%s: \"%s\" does not appear\n", screens[screen].name, screens[screen].text);
        if (!isfinite(took)) return took;
        best = fmin(best, took);
        pty_listen(p, 0.5);
        if (i < TIMES - 1) pty_say(p, "q");
        pty_listen(p, 0.5);
    }
    return best;
}

static int measure_screens(const char *program, const char *path, double seconds) {
    static pty p;
    double open[SCREENS] = {0}, idle[SCREENS], live[SCREENS], mib[SCREENS];
    logging l;
    for (int while_live = 0; while_live < 2; while_live++) {
        if (while_live && !begin_logging(&l, path)) {
            fprintf(stderr, "%s\n", sl_error_message());
            return 1;
        }
        for (int i = 0; i < SCREENS; i++) {
            double ignored;
            pty_start(&p, program, path, NULL);
            pty_await(&p, "F1", 10);
            pty_listen(&p, 3);
            stand(&p, i);
            if (!while_live && *screens[i].keys)
                open[i] = opening(&p, i);
            else if (*screens[i].keys) {
                pty_say(&p, screens[i].keys);
                pty_await(&p, screens[i].text, 30);
            }
            pty_listen(&p, 3);
            *(while_live ? &live[i] : &idle[i]) = busy(&p, seconds, while_live ? &ignored : &mib[i]);
            pty_stop(&p);
        }
        if (while_live && !end_logging(&l)) fprintf(stderr, "%s\n", sl_error_message());
    }
    puts("| screen | stands there after | idle | while a run logs | memory |\n| --- | ---: | ---: | ---: | ---: |");
    for (int i = 0; i < SCREENS; i++) {
        printf("| %s | ", screens[i].name);
        if (*screens[i].keys) printf("%.0f ms", 1000 * open[i]);
        printf(" | %.2f %% | %.2f %% | %.0f MiB |\n", idle[i], live[i], mib[i]);
    }
    return 0;
}

static int measure_memory(const char *program, const char *path, int minutes) {
    static pty p;
    logging l;
    double mib;
    if (!begin_logging(&l, path)) {
        fprintf(stderr, "%s\n", sl_error_message());
        return 1;
    }
    pty_start(&p, program, path, NULL);
    pty_listen(&p, 3);
    stand(&p, 1);
    pty_say(&p, screens[1].keys);
    puts("\n| minutes on a run that logs | of a processor | memory |\n| ---: | ---: | ---: |");
    for (int i = 1; i <= minutes; i++) {
        double used = busy(&p, 60, &mib);
        printf("| %d | %.2f %% | %.1f MiB |\n", i, used, mib);
        fflush(stdout);
    }
    pty_stop(&p);
    if (!end_logging(&l)) fprintf(stderr, "%s\n", sl_error_message());
    return 0;
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: %s PROGRAM FILE [SECONDS [MINUTES]]\n", arguments[0]);
        return 2;
    }
    double seconds = count > 3 ? atof(arguments[3]) : 20;
    int minutes = count > 4 ? atoi(arguments[4]) : 0;
    if (seconds > 0 && measure_screens(arguments[1], arguments[2], seconds)) return 1;
    return minutes > 0 ? measure_memory(arguments[1], arguments[2], minutes) : 0;
}
