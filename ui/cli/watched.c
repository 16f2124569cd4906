// The training is a process of its own, in a session of its own: neither keys nor the end of the dashboard or of the terminal
// reach it. The module semiluna.watching starts it and shows what it prints; here the dashboard comes in between, and signals are
// passed on.
#include "ui/cli/watched.h"
#include "core/base/memory.h"
#include "lua/host.h"
#include "ui/cli/watch_filter.h"
#include "ui/cli/watch_report.h"
#include "ui/tui/app.h"
#include "ui/tui/terminal/terminal.h"
#include "ui/tui/watch.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t training;
static volatile sig_atomic_t early; // a signal that came before there was a process

static void pass_on(int number) {
    if (training > 0)
        kill(training, number);
    else
        early = number;
}

static void catch_signals(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = pass_on;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

// ---- starting ---------------------------------------------------------------------------------------------------------------

// The command line without --watch, as arguments of the Lua side: each of its words under the name "argument".
typedef struct words {
    sl_host_argument *list;
    char **texts; // of "--name=value"
    size_t count, text_count;
} words;

static void free_words(words *w) {
    for (size_t i = 0; w->texts && i < w->text_count; i++) sl_free(w->texts[i]);
    sl_free(w->texts);
    sl_free(w->list);
}

static sl_status no_memory(void) {
    return sl_error(SL_ERR_MEMORY, "out of memory");
}

static sl_status add_option(words *w, const struct sl_given *given) {
    sl_text text = {0};
    SL_TRY(sl_text_append(&text, "--%s", given->option->name));
    if (given->option->argument) SL_TRY(sl_text_append(&text, "=%s", given->value));
    w->texts[w->text_count] = sl_strdup(text.data);
    sl_text_free(&text);
    if (!w->texts[w->text_count]) return no_memory();
    w->list[w->count++] = (sl_host_argument){"argument", w->texts[w->text_count++]};
    return SL_OK;
}

static sl_status make_words(const sl_arguments *arguments, words *w) {
    static const char *const known[] = {"db", "resume", "quiet"};
    size_t most = 2 * arguments->given_count + 2 * (size_t)arguments->operand_count + 8;
    *w = (words){.list = sl_calloc(most, sizeof *w->list), .texts = sl_calloc(most, sizeof *w->texts)};
    if (!w->list || !w->texts) return no_memory();
    w->list[w->count++] = (sl_host_argument){"command", arguments->command->name};
    for (size_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].option->name, "watch") != 0) SL_TRY(add_option(w, &arguments->given[i]));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *value = sl_arguments_get(arguments, known[i]);
        if (value) w->list[w->count++] = (sl_host_argument){known[i], value};
    }
    if (arguments->operand_count) {
        w->list[w->count++] = (sl_host_argument){"argument", "--"};
        w->list[w->count++] = (sl_host_argument){"argument", arguments->operands[0]};
        w->list[w->count++] = (sl_host_argument){"script", arguments->operands[0]};
    }
    return SL_OK;
}

static sl_status start(lua_State *state, const sl_arguments *arguments) {
    words w;
    sl_text pid = {0};
    sl_status status = make_words(arguments, &w);
    if (status == SL_OK) status = sl_host_text(state, "semiluna.watching", "start", w.list, w.count, &pid);
    if (status == SL_OK) training = (pid_t)atol(pid.data);
    if (status == SL_OK && early) kill(training, early);
    free_words(&w);
    sl_text_free(&pid);
    return status;
}

// ---- the dashboard ----------------------------------------------------------------------------------------------------------

// Once, when the process has ended; it is left to be waited for.
static const char *tell_end(void *user) {
    bool *told = user;
    static char text[120];
    siginfo_t info = {0};
    if (*told || waitid(P_PID, (id_t)training, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return NULL;
    *told = true;
    if (info.si_code == CLD_EXITED && info.si_status == 0)
        return "the training has ended; Q leaves the dashboard and shows what it printed";
    snprintf(text, sizeof text, "the training has ended by %s %d; Q leaves the dashboard and shows why",
             info.si_code == CLD_EXITED ? "exit status" : "signal", info.si_status);
    return text;
}

static sl_status show(const sl_arguments *arguments, int64_t run, const char *experiment, int *ended_by) {
    sl_watch_filter *filter = NULL;
    sl_watch_report *report = NULL;
    sl_text chosen = {0};
    bool told = false;
    const char *database = sl_arguments_db(arguments);
    bool one = !strcmp(arguments->command->name, "run") && sl_screen_find("run");
    sl_status status = sl_text_append(&chosen, "experiment = '");
    for (const char *c = experiment; *c && status == SL_OK; c++) status = sl_text_append(&chosen, *c == '\'' ? "''" : "%c", *c);
    if (status == SL_OK) status = sl_text_append(&chosen, "'");
    if (status == SL_OK) status = sl_watch_filter_new(database, &filter);
    if (status == SL_OK) status = sl_watch_report_new(database, &report);
    if (status == SL_OK)
        status = sl_watch(&(sl_watch_options){.database = database,
                                              .filter = chosen.data,
                                              .screen = one ? "run" : NULL,
                                              .run = run,
                                              .compile = sl_watch_filter_compile,
                                              .compile_user = filter,
                                              .report = sl_watch_report_make,
                                              .report_user = report,
                                              .notice = tell_end,
                                              .notice_user = &told,
                                              .ended_by = ended_by});
    sl_watch_filter_free(filter);
    sl_watch_report_free(report);
    sl_text_free(&chosen);
    return status;
}

// Waits until it trains, and shows the dashboard. False: nobody is there any more whom to show anything.
static bool watch(lua_State *state, const sl_arguments *arguments, bool *left) {
    sl_text text = {0};
    int ended_by = 0;
    sl_status status = sl_host_text(state, "semiluna.watching", "await", NULL, 0, &text);
    char *experiment = status == SL_OK && text.data ? strchr(text.data, '\n') : NULL;
    *left = experiment != NULL;
    if (experiment) status = show(arguments, strtoll(text.data, NULL, 10), experiment + 1, &ended_by);
    if (status != SL_OK) sl_failure(); // the training goes on without it
    sl_text_free(&text);
    if (ended_by == SIGHUP || (experiment && !isatty(STDIN_FILENO))) return false;
    if (ended_by) kill(training, ended_by);
    return true;
}

int sl_watch_command(const sl_arguments *arguments) {
    static const char *const others[] = {"dry-run", "show-options", "print", "launcher", "task"};
    lua_State *state = NULL;
    bool left = false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (sl_arguments_get(arguments, others[i]))
            return sl_usage_error(arguments->command, "--watch goes with training here: leave out --%s", others[i]);
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        sl_error(SL_ERR_UNSUPPORTED,
                 "--watch needs a terminal; without it the command trains, and `semiluna watch` shows it elsewhere");
        return sl_failure();
    }
    if (sl_terminal_check() != SL_OK || sl_host_new(&state) != SL_OK) return sl_failure();
    catch_signals();
    int result = SL_EXIT_OK;
    if (start(state, arguments) != SL_OK)
        result = sl_failure();
    else if (watch(state, arguments, &left))
        result = sl_host_call(state, "semiluna.watching", "follow", &(sl_host_argument){"left", "1"}, left);
    sl_host_free(state);
    return result;
}
