#include "core/base/memory.h"
#include "core/io/image.h"
#include "ui/cli/command.h"
#include "ui/cli/watch_filter.h"
#include "ui/cli/watch_report.h"
#include "ui/tui/app.h"
#include "ui/tui/frame/print.h"
#include "ui/tui/watch.h"
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH = 120, HEIGHT = 40, SIDE_MOST = 1000 };

// "WxH"; false after having said what is wrong.
static bool size_of(const sl_arguments *arguments, int *width, int *height) {
    const char *text = sl_arguments_get(arguments, "size");
    char rest;
    if (!text) return true;
    if (sscanf(text, "%5dx%5d%c", width, height, &rest) == 2 && *width >= 1 && *height >= 1 && *width <= SIDE_MOST &&
        *height <= SIDE_MOST)
        return true;
    sl_usage_error(arguments->command, "--size \"%s\" is not WIDTHxHEIGHT in characters, each from 1 to %d, such as 120x40", text,
                   SIDE_MOST);
    return false;
}

static sl_status write_bytes(const char *path, const sl_text *text) {
    FILE *file = path ? fopen(path, "w") : stdout;
    if (!file) return sl_error(SL_ERR_IO, "%s: cannot be written", path);
    bool failed = fwrite(text->data ? text->data : "", 1, text->length, file) != text->length;
    failed = (path ? fclose(file) : fflush(file)) != 0 || failed;
    return failed ? sl_error(SL_ERR_IO, "%s: cannot be written", path ? path : "standard output") : SL_OK;
}

static sl_status write_png(const char *path, const sl_frame *frame, sl_theme theme) {
    sl_image image = {frame->width * SL_CELL_WIDTH, frame->height * SL_CELL_HEIGHT, 3, NULL};
    SL_TRY(sl_frame_as_pixels(frame, theme, &image.pixels));
    sl_status status = sl_image_write_png(path, &image, NULL);
    sl_free(image.pixels);
    return status;
}

static sl_status picture(const sl_arguments *arguments, const sl_watch_options *options, int width, int height) {
    const char *format = sl_arguments_get(arguments, "format"), *path = sl_arguments_get(arguments, "output");
    sl_theme theme = {SL_DEPTH_TRUE, sl_arguments_get(arguments, "light") != NULL};
    sl_frame frame = {0};
    sl_text text = {0};
    sl_status status = sl_watch_snapshot(options, theme, width, height, &frame);
    if (status == SL_OK && format && !strcmp(format, "png"))
        status = write_png(path, &frame, theme);
    else if (status == SL_OK) {
        status = format && !strcmp(format, "ansi") ? sl_frame_as_ansi(&frame, theme, &text) : sl_frame_as_text(&frame, &text);
        if (status == SL_OK) status = write_bytes(path, &text);
    }
    sl_frame_free(&frame);
    sl_text_free(&text);
    return status;
}

static sl_status table(const sl_arguments *arguments, sl_watch_options *options, int width) {
    const char *format = sl_arguments_get(arguments, "format"), *path = sl_arguments_get(arguments, "output"),
               *none = getenv("NO_COLOR");
    bool terminal = !path && isatty(STDOUT_FILENO);
    bool colored = format ? !strcmp(format, "ansi") : terminal && !(none && *none);
    struct winsize size;
    if (!sl_arguments_get(arguments, "size") && terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= SL_SMALLEST_WIDTH)
        width = size.ws_col;
    if (width < SL_SMALLEST_WIDTH) width = SL_SMALLEST_WIDTH;
    // On a terminal that takes no UTF-8 the table is ASCII; a file gets UTF-8 unless asked otherwise.
    if (terminal && setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") != 0) options->ascii = true;
    sl_text text = {0};
    sl_theme theme = {SL_DEPTH_256, sl_arguments_get(arguments, "light") != NULL};
    sl_status status = sl_watch_once(options, theme, colored, width, &text);
    if (status == SL_OK) status = write_bytes(path, &text);
    sl_text_free(&text);
    return status;
}

static int run(const sl_arguments *arguments) {
    int width = WIDTH, height = HEIGHT;
    const char *format = sl_arguments_get(arguments, "format"), *screen = sl_arguments_get(arguments, "screen");
    bool snapshot = sl_arguments_get(arguments, "snapshot"), once = sl_arguments_get(arguments, "once"),
         png = format && !strcmp(format, "png");
    if (snapshot && once) return sl_usage_error(arguments->command, "--snapshot and --once exclude each other");
    if (!snapshot && !once)
        for (size_t i = 0; i < arguments->given_count; i++) {
            const char *name = arguments->given[i].option->name;
            if (!strcmp(name, "format") || !strcmp(name, "size") || !strcmp(name, "output"))
                return sl_usage_error(arguments->command, "--%s goes with --snapshot or --once", name);
        }
    if (png && !snapshot) return sl_usage_error(arguments->command, "--format png goes with --snapshot");
    if (png && !sl_arguments_get(arguments, "output"))
        return sl_usage_error(arguments->command, "--format png needs --output FILE");
    const char *on_alarm = sl_arguments_get(arguments, "on-alarm");
    if (on_alarm && snapshot) return sl_usage_error(arguments->command, "--on-alarm does not go with --snapshot");
    if (on_alarm && !on_alarm[strspn(on_alarm, " \t\n")])
        return sl_usage_error(arguments->command, "--on-alarm needs a command, such as 'notify-send \"$SEMILUNA_TEXT\"'");
    if (screen && !sl_screen_find(screen)) {
        sl_text names = {0};
        for (const sl_screen *const *known = sl_screens; *known; known++)
            sl_text_append(&names, "%s%s", names.length ? ", " : "", (*known)->name);
        sl_usage_error(arguments->command, "there is no screen \"%s\"; there are: %s", screen, names.data ? names.data : "");
        sl_text_free(&names);
        return SL_EXIT_USAGE;
    }
    if (!size_of(arguments, &width, &height)) return SL_EXIT_USAGE;

    sl_watch_options options = {.database = sl_arguments_db(arguments),
                                .filter = arguments->operand_count ? arguments->operands[0] : NULL,
                                .screen = screen,
                                .read_only = sl_arguments_get(arguments, "read-only"),
                                .ascii = sl_arguments_get(arguments, "ascii"),
                                .on_alarm = on_alarm,
                                .pictures = sl_arguments_get(arguments, "pictures"),
                                .compile = sl_watch_filter_compile,
                                .report = sl_watch_report_make};
    sl_watch_filter *filter = NULL;
    sl_watch_report *report = NULL;
    sl_status status = sl_watch_filter_new(options.database, &filter);
    if (status == SL_OK) status = sl_watch_report_new(options.database, &report);
    options.compile_user = filter;
    options.report_user = report;
    if (status == SL_OK)
        status = snapshot ? picture(arguments, &options, width, height)
                 : once   ? table(arguments, &options, width)
                          : sl_watch(&options);
    if (status == SL_OK && once && on_alarm) status = sl_watch_alarms(&options);
    sl_watch_filter_free(filter);
    sl_watch_report_free(report);
    return status == SL_OK ? SL_EXIT_OK : sl_failure();
}

static const sl_option options[] = {
    {"read-only", 'r', NULL, "no key sends anything to a run", NULL, false},
    {"ascii", 0, NULL, "draw with ASCII alone, as it does anyway on a terminal or in a locale without UTF-8", NULL, false},
    {"pictures", 0, "HOW",
     "how samples are drawn: in pixels where the terminal says that it can (auto, the default), or in cells",
     "auto|cells|kitty|sixel", false},
    {"screen", 's', "NAME", "the screen to begin with: runs (default), run, compare, diff, confusion, samples, health or help",
     NULL, false},
    {"once", '1', NULL, "print the table of runs and end", NULL, false},
    {"snapshot", 0, NULL, "print one frame and end; no terminal is needed", NULL, false},
    {"size", 0, "WxH", "of the frame, in characters (default 120x40)", NULL, false},
    {"format", 'f', "FORMAT", "of what is printed: text, ansi (text with colours) or png (a picture)", "text|ansi|png", false},
    {"output", 'o', "FILE", "write it into a file", NULL, false},
    {"light", 0, NULL, "print it for a light background", NULL, false},
    {"on-alarm", 0, "COMMAND", "run it through /bin/sh for each new finding of the Health screen", NULL, false},
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_watch = {
    .name = "watch",
    .summary = "Watch runs in the terminal: live curves, tables, what goes wrong",
    .usage = "[OPTIONS] [EXPRESSION]",
    .description =
        "Shows the runs in the database, while they train and ever after, from any terminal. It only reads, except that keys "
        "can\n"
        "send commands to a run that trains, as `semiluna tell` does; --read-only turns those off. F1 or ? lists the keys.\n"
        "\n"
        "The expression chooses runs: words (of an experiment, name, method, tag or state), or a comparison as `compare` takes "
        "it.\n"
        "\n"
        "Colours follow the terminal: COLORTERM=truecolor means that it has all of them, NO_COLOR that none are wanted; L "
        "switches\n"
        "between dark and light backgrounds. Samples are drawn in pixels where the terminal, when asked, says that it knows "
        "kitty's\n"
        "graphics or sixels; $SEMILUNA_PICTURES does what --pictures does. The layout is remembered in\n"
        "$XDG_CONFIG_HOME/semiluna/watch.conf.\n"
        "\n"
        "--on-alarm COMMAND is run when something new goes wrong with the runs shown (more than a note), once for each run and\n"
        "kind of finding until that has been away for a minute; what is wrong at the start is new. It finds in its environment:\n"
        "\n"
        "  SEMILUNA_RUN         the run's number, as `show` takes it\n"
        "  SEMILUNA_NAME        its name\n"
        "  SEMILUNA_EXPERIMENT  its experiment\n"
        "  SEMILUNA_SEVERITY    warn (the result suffers) or bad (the run is lost)\n"
        "  SEMILUNA_ALARM       a few words, such as D too strong\n"
        "  SEMILUNA_TEXT        a sentence or two, with the option to change\n"
        "  SEMILUNA_DB          the database\n"
        "\n"
        "Write \"$SEMILUNA_TEXT\" with the quotes: names come from the database. Its output is thrown away; if it fails, that is "
        "said "
        "once.\n"
        "With --once it is run for each finding, with its output on standard error, and waited for: cron can do that.",
    .examples = "semiluna watch\n"
                "semiluna watch threshold\n"
                "semiluna watch \"method.threshold >= 0.2 and state = 'running'\"\n"
                "semiluna watch --snapshot --size 100x30 --format png --output runs.png\n"
                "semiluna watch --on-alarm 'notify-send \"$SEMILUNA_NAME\" \"$SEMILUNA_TEXT\"'\n",
    .options = options,
    .most = 1,
    .operand = "EXPRESSION",
    .run = run,
};
