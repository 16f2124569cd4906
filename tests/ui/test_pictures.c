// The dashboard in a terminal that this test plays: it is asked what it can show, answers or not, and gets pictures by kitty's
// protocol, as sixels, or in cells; and has them taken away at the end.
#define _GNU_SOURCE
#include "core/base/text.h"
#include "core/io/image.h"
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS = 60 };

static const char *folder, *path;
static int terminal = -1;
static pid_t program;
static sl_text screen; // all that was written

static void store(sl_writer *writer, int64_t run, int64_t step, const char *kind) {
    uint8_t pixels[20 * 16], palette[768] = {0, 0, 0, 200, 0, 0, 0, 200, 0};
    sl_text png = {0};
    for (int i = 0; i < 20 * 16; i++) pixels[i] = (uint8_t)((i + step) / 40 % 2);
    assert_ok(sl_image_encode_png(kind, &(sl_image){20, 16, 1, pixels}, palette, 3, &png));
    assert_ok(sl_writer_sample(writer, run, step, "val", "scene", kind, 20, 16, png.data, png.length));
    sl_text_free(&png);
}

static int setup(void **state) {
    sl_db *db;
    sl_writer *writer;
    int64_t run;
    char uuid[37];
    folder = sl_test_folder();
    path = sl_test_path(folder, "runs.db");
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(sl_db_run_new(db, &(sl_run_info){.name = "pictured", .steps = 20}, &run, uuid));
    assert_ok(sl_writer_open(path, &writer));
    store(writer, run, 0, "truth");
    store(writer, run, 10, "prediction");
    store(writer, run, 20, "prediction");
    assert_ok(sl_writer_close(writer));
    sl_db_close(db);
    return 0;
}

static int teardown(void **state) {
    sl_test_folder_remove(folder);
    return 0;
}

static void open_terminal(const char *term, const char *how, bool pixels) {
    const char *name = getenv("SEMILUNA");
    struct winsize size = {30, 100, pixels ? 800 : 0, pixels ? 480 : 0};
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
    char other[100];
    snprintf(other, sizeof other, "%s", ptsname(terminal));
    program = fork();
    assert_true(program >= 0);
    if (program == 0) {
        setsid();
        int side = open(other, O_RDWR);
        for (int i = 0; i < 3; i++) dup2(side, i);
        ioctl(side, TIOCSCTTY, 0);
        if (side > 2) close(side);
        close(terminal);
        setenv("TERM", term, 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("COLORTERM", "truecolor", 1);
        setenv("XDG_CONFIG_HOME", folder, 1);
        unsetenv("NO_COLOR");
        unsetenv("SEMILUNA_PICTURES");
        execlp(name, name, "watch", "--db", path, "--screen", "samples", how ? "--pictures" : NULL, how, NULL);
        _exit(127);
    }
    sl_text_free(&screen);
}

// Reads what is written until it holds `text` (from `from` on), at most so many seconds. False: it does not.
static bool shows_within(const char *text, size_t from, double seconds) {
    struct timespec now, began;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (;;) {
        if (screen.data && screen.length > from && memmem(screen.data + from, screen.length - from, text, strlen(text)))
            return true;
        clock_gettime(CLOCK_MONOTONIC, &now);
        double left = seconds - (double)(now.tv_sec - began.tv_sec) - (double)(now.tv_nsec - began.tv_nsec) * 1e-9;
        struct pollfd source = {.fd = terminal, .events = POLLIN};
        if (left <= 0 || poll(&source, 1, (int)(1000 * left) + 1) <= 0) return false;
        char bytes[65536];
        ssize_t count = read(terminal, bytes, sizeof bytes);
        if (count <= 0) return false;
        assert_ok(sl_text_append_bytes(&screen, bytes, (size_t)count));
    }
}

static void awaits(const char *text, size_t from) {
    if (!shows_within(text, from, SECONDS)) fail_msg("the terminal does not get \"%s\"", text[0] == '\033' ? text + 1 : text);
}

static bool shown(const char *text) {
    return screen.data && memmem(screen.data, screen.length, text, strlen(text));
}

static void type(const char *text) {
    assert_int_equal(write(terminal, text, strlen(text)), strlen(text));
}

static void leave(void) {
    int status = 0;
    type("q");
    type("q");
    while (shows_within("never written", 0, 5)) {
    }
    for (int i = 0; i < 200 && waitpid(program, &status, WNOHANG) == 0; i++) usleep(50000);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        kill(program, SIGKILL);
        fail_msg("it did not end well: status %d", status);
    }
    close(terminal);
}

static const char question[] = "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\\033[c";

static void test_kitty(void **state) {
    open_terminal("xterm-256color", NULL, false);
    awaits(question, 0);
    type("\033_Gi=31;OK\033\\\033[?62;4c");
    awaits("\033_Ga=T,q=2,f=24,s=20,v=16,", 0);
    awaits("prediction", 0);
    // The evaluation before: another picture in the place of this one.
    size_t before = screen.length;
    type("\033[D");
    awaits("\033_Ga=d,d=I,", before);
    awaits("\033_Ga=T,", before);
    before = screen.length;
    type("q"); // the pictures go with their screen
    awaits("\033_Ga=d,d=I,", before);
    awaits("pictured", before);
    leave();
    assert_false(shown("\033P")); // no sixels
    print_message("kitty: %zu bytes\n", screen.length);
}

static void test_sixel(void **state) {
    open_terminal("xterm-256color", NULL, true);
    awaits(question, 0);
    type("\033[?62;4;22c");
    awaits("\033P0;1;0q\"1;1;", 0);
    leave();
    assert_false(shown("\033_Ga=T"));
    print_message("sixel: %zu bytes\n", screen.length);
}

// A terminal that answers nothing, or that it has none, or whose pixels are not known.
static void test_cells(void **state) {
    static const struct {
        const char *term, *how, *answer;
        bool asked;
    } cases[] = {{"xterm-256color", NULL, "", true},
                 {"xterm-256color", NULL, "\033[?1;2c", true},
                 {"xterm-256color", NULL, "\033[?62;4c", true}, // sixels, but of unknown size
                 {"xterm-256color", NULL, "\033_Gi=31;EINVAL:what\033\\\033[?6c", true},
                 {"xterm-256color", "cells", "", false},
                 {"vt100", NULL, "", false},
                 {"linux", NULL, "", false},
                 {"xterm", NULL, "", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_terminal(cases[i].term, cases[i].how, false);
        if (cases[i].asked) awaits(question, 0);
        awaits("prediction", 0);
        type(cases[i].answer);
        size_t before = screen.length;
        type("\033[D");
        awaits("10", before);
        leave();
        if (shown("\033_G") != cases[i].asked) fail_msg("case %zu: asked or not", i);
        assert_false(shown("\033_Ga=T") || shown("\033P0;1"));
    }
}

static void test_forced(void **state) {
    open_terminal("xterm-256color", "kitty", false);
    awaits("\033_Ga=T,", 0);
    leave();
    assert_false(shown("a=q"));
    open_terminal("xterm-256color", "sixel", true);
    awaits("\033P0;1;0q", 0);
    leave();
    assert_false(shown("a=q"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    if (!getenv("SEMILUNA")) {
        printf("skipped: SEMILUNA does not name the program\n");
        return 77;
    }
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {TEST(test_kitty), TEST(test_sixel), TEST(test_cells), TEST(test_forced)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sl_text_free(&screen);
    return failed;
}
