#include "ui/cli/document.h"

#include <string.h>

enum { WIDTH = 100 };

static const char *const intro =
    "Semiluna trains, evaluates and compares semi-supervised semantic segmentation networks. A Lua script says what\n"
    "an experiment is; every run is recorded in an SQLite database.\n";

// What `help` can say beyond the commands.
static const char *const topics =
    "`semiluna help SECTION` lists the options of a section of an experiment script, for example method.advsemiseg,\n"
    "optimizer.sgd, data.voc or model.deeplab_v2; `semiluna help ablate` explains how to vary them, `schedule` numbers that\n"
    "change over the steps, `prune` early stopping.\n";

static const struct {
    const char *name, *help;
} environment[] = {
    {"SEMILUNA_DB", "the results database where --db is not given"},
    {"SEMILUNA_SCRIPT_SECONDS",
     "how long a script may take to describe its experiments (default 60); one that loops for ever is stopped"},
    {"SEMILUNA_LUA", "a folder to load the Lua library from (it holds semiluna.lua or semiluna/), in place of the embedded one"},
    {"OMP_NUM_THREADS", "threads of a run where --threads is not given; else all processors"},
};

static const struct {
    int status;
    const char *help;
} statuses[] = {
    {0, "success"},
    {1, "a failure: the message says what and where"},
    {2, "wrong use: an unknown command, option or value"},
    {130, "stopped by SIGINT (Ctrl-C), after writing a checkpoint"},
    {143, "stopped by SIGTERM, after writing a checkpoint"},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

// Prints `size` bytes of text broken into lines of at most WIDTH columns, each but the first indented; `column` is where the
// first one starts.
static void print_part(FILE *file, const char *text, size_t size, int column, int indent) {
    const char *end = text + size;
    bool first = true;
    while (text < end) {
        size_t length = strcspn(text, " \n");
        if (length > (size_t)(end - text)) length = (size_t)(end - text);
        if (!first && column + 1 + (int)length > WIDTH) {
            fprintf(file, "\n%*s", indent, "");
            column = indent;
            first = true;
        }
        column += fprintf(file, "%s%.*s", first ? "" : " ", (int)length, text);
        first = false;
        text += length;
        while (text < end && (*text == ' ' || *text == '\n')) text++;
    }
    fputc('\n', file);
}

static void print_wrapped(FILE *file, const char *text, int column, int indent) {
    print_part(file, text, strlen(text), column, indent);
}

// An indented line of a description, "    name   what it does": the rest of it stands below where its second part starts.
static void print_row(FILE *file, const char *line, size_t length) {
    size_t start = strspn(line, " ");
    while (start + 1 < length && !(line[start] == ' ' && line[start + 1] == ' ')) start++;
    while (start < length && line[start] == ' ') start++;
    fprintf(file, "%.*s", (int)start, line);
    print_part(file, line + start, length - start, (int)start, (int)start);
}

// A description's paragraphs, which blank lines part, each broken anew; indented ones row by row.
static void print_paragraphs(FILE *file, const char *text) {
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);
        fputc('\n', file);
        if (*text != ' ') print_part(file, text, length, 0, 0);
        for (size_t at = 0, row; *text == ' ' && at < length; at += row + 1) {
            row = strcspn(text + at, "\n");
            print_row(file, text + at, row);
        }
        text += length + (end ? 2 : 0);
    }
}

static void print_pair(FILE *file, const char *left, const char *right, int indent) {
    int column = fprintf(file, "  %s", left);
    if (column + 2 > indent) {
        fputc('\n', file);
        column = 0;
    }
    column += fprintf(file, "%*s", indent - column, "");
    print_wrapped(file, right, column, indent);
}

// "-f, --format FORMAT"
static const char *option_text(const sl_option *option, char *buffer, size_t size) {
    char letter[8] = "";
    if (option->letter) snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(buffer, size, "%s--%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    return buffer;
}

static const char *option_help(const sl_option *option, char *buffer, size_t size) {
    snprintf(buffer, size, "%s%s", option->help, option->repeat ? " (may be repeated)" : "");
    return buffer;
}

void sl_document_list(FILE *file) {
    fprintf(file, "usage: semiluna COMMAND [OPTIONS] [ARGUMENTS]\n\n%s\n", intro);
    for (const sl_command *const *command = sl_commands; *command; command++)
        print_pair(file, (*command)->name, (*command)->summary, 16);
    fprintf(file, "\n`semiluna help COMMAND` says more about one of them.\n%s", topics);
}

static void print_indented(FILE *file, const char *lines, const char *indent) {
    while (*lines) {
        int length = (int)strcspn(lines, "\n");
        fprintf(file, "%s%.*s\n", indent, length, lines);
        lines += length + (lines[length] == '\n');
    }
}

void sl_document_command(const sl_command *command, FILE *file) {
    char left[128], right[512];
    fprintf(file, "usage: semiluna %s %s\n\n%s.\n", command->name, command->usage, command->summary);
    if (command->description) print_paragraphs(file, command->description);
    fprintf(file, "\noptions:\n");
    for (const sl_option *option = command->options; option && option->name; option++)
        print_pair(file, option_text(option, left, sizeof left), option_help(option, right, sizeof right), 26);
    print_pair(file, "-h, --help", "print this", 26);
    if (command->examples) {
        fprintf(file, "\nexamples:\n");
        print_indented(file, command->examples, "  ");
    }
}

// ---- markdown ---------------------------------------------------------------------------------------------------------------

// A table cell: "|" would end it.
static void put_cell(FILE *file, const char *text) {
    for (; *text; text++) {
        if (*text == '|') fputc('\\', file);
        fputc(*text, file);
    }
}

static void markdown_command(FILE *file, const sl_command *command) {
    char left[128], right[512];
    fprintf(file, "\n## semiluna %s\n\n```\nsemiluna %s %s\n```\n\n%s.\n", command->name, command->name, command->usage,
            command->summary);
    if (command->description) fprintf(file, "\n%s\n", command->description);
    if (command->options && command->options->name) {
        fprintf(file, "\n| option | meaning |\n| --- | --- |\n");
        for (const sl_option *option = command->options; option->name; option++) {
            fprintf(file, "| `");
            put_cell(file, option_text(option, left, sizeof left));
            fprintf(file, "` | ");
            put_cell(file, option_help(option, right, sizeof right));
            fprintf(file, " |\n");
        }
    }
    if (command->examples) fprintf(file, "\n```\n%s```\n", command->examples);
}

void sl_document_markdown(FILE *file) {
    fprintf(file,
            "# Commands\n\n<!-- Made by `semiluna help --markdown > docs/commands.md`: change ui/cli/command_*.c instead. "
            "-->\n\n%s\n",
            intro);
    fprintf(file, "| command | what it does |\n| --- | --- |\n");
    for (const sl_command *const *command = sl_commands; *command; command++)
        fprintf(file, "| [%s](#semiluna-%s) | %s |\n", (*command)->name, (*command)->name, (*command)->summary);
    fprintf(file,
            "\nEvery command understands `--help` (`-h`). `--name=VALUE` is the same as `--name VALUE`; `--` ends the options. A "
            "run is\n"
            "named by its number, its uuid or a unique beginning of it, its name (the newest of that name) or `latest`.\n\n%s",
            topics);
    for (const sl_command *const *command = sl_commands; *command; command++) markdown_command(file, *command);
    fprintf(file, "\n## Environment\n\n| variable | meaning |\n| --- | --- |\n");
    for (size_t i = 0; i < COUNT(environment); i++) fprintf(file, "| `%s` | %s |\n", environment[i].name, environment[i].help);
    fprintf(file, "\n## Exit status\n\n| status | meaning |\n| --- | --- |\n");
    for (size_t i = 0; i < COUNT(statuses); i++) fprintf(file, "| %d | %s |\n", statuses[i].status, statuses[i].help);
}

// ---- man page ---------------------------------------------------------------------------------------------------------------

// Text in roff: a backslash, a leading dot or quote and a hyphen have meanings of their own.
static void put_roff(FILE *file, const char *text) {
    bool start = true;
    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\'')) fputs("\\&", file);
        if (*text == '\\')
            fputs("\\e", file);
        else if (*text == '-')
            fputs("\\-", file);
        else
            fputc(*text, file);
        start = *text == '\n';
    }
}

static void man_pair(FILE *file, const char *left, const char *right) {
    fputs(".TP\n\\fB", file);
    put_roff(file, left);
    fputs("\\fR\n", file);
    put_roff(file, right);
    fputc('\n', file);
}

static void man_command(FILE *file, const sl_command *command) {
    char left[128], right[512];
    fprintf(file, ".SS \"semiluna %s %s\"\n", command->name, command->usage);
    put_roff(file, command->summary);
    fputs(".\n", file);
    if (command->description) {
        fputs(".PP\n", file);
        put_roff(file, command->description);
        fputc('\n', file);
    }
    for (const sl_option *option = command->options; option && option->name; option++)
        man_pair(file, option_text(option, left, sizeof left), option_help(option, right, sizeof right));
    if (command->examples) {
        fputs(".PP\n.nf\n.RS\n", file);
        put_roff(file, command->examples);
        fputs(".RE\n.fi\n", file);
    }
}

void sl_document_man(FILE *file) {
    fprintf(file, ".TH SEMILUNA 1 \"\" \"semiluna " SEMILUNA_VERSION "\" \"User Commands\"\n");
    fputs(".SH NAME\nsemiluna \\- workbench for semi\\-supervised semantic segmentation\n", file);
    fputs(".SH SYNOPSIS\n.B semiluna\n.I COMMAND\n[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n.SH DESCRIPTION\n", file);
    put_roff(file, intro);
    fputs(".PP\n", file);
    put_roff(file, topics);
    fputs(".SH COMMANDS\n", file);
    for (const sl_command *const *command = sl_commands; *command; command++) man_command(file, *command);
    fputs(".SH ENVIRONMENT\n", file);
    for (size_t i = 0; i < COUNT(environment); i++) man_pair(file, environment[i].name, environment[i].help);
    fputs(".SH EXIT STATUS\n", file);
    for (size_t i = 0; i < COUNT(statuses); i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", statuses[i].status);
        man_pair(file, number, statuses[i].help);
    }
}
