#include "ui/cli/command.h"
#include "core/base/status.h"
#include "core/base/text.h"
#include "ui/cli/document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// one a line
// clang-format off
const sl_command *const sl_commands[] = {
    &sl_command_run,
    &sl_command_plan,
    &sl_command_sweep,
    &sl_command_watch,
    &sl_command_tell,
    &sl_command_eval,
    &sl_command_new,
    &sl_command_runs,
    &sl_command_show,
    &sl_command_diff,
    &sl_command_compare,
    &sl_command_noise,
    &sl_command_whatif,
    &sl_command_plot,
    &sl_command_tag,
    &sl_command_note,
    &sl_command_rm,
    &sl_command_gc,
    &sl_command_merge,
    &sl_command_export,
    &sl_command_import,
    &sl_command_sql,
    &sl_command_lua,
    &sl_command_repl,
    &sl_command_doctor,
    &sl_command_version,
    &sl_command_help,
    &sl_command_completion,
    NULL,
};
// clang-format on

const sl_command *sl_command_find(const char *name) {
    for (const sl_command *const *command = sl_commands; *command; command++)
        if (!strcmp((*command)->name, name)) return *command;
    return NULL;
}

int sl_command_unknown(const char *name) {
    enum { MOST = 64 };
    const char *names[MOST];
    size_t count = 0;
    while (count < MOST && sl_commands[count]) {
        names[count] = sl_commands[count]->name;
        count++;
    }
    const char *nearest = sl_text_nearest(name, names, count);
    if (nearest)
        fprintf(stderr, "semiluna: there is no command \"%s\". Did you mean \"%s\"?  (semiluna help lists them)\n", name,
                nearest);
    else
        fprintf(stderr, "semiluna: there is no command \"%s\"  (semiluna help lists them)\n", name);
    return SL_EXIT_USAGE;
}

int sl_usage_error(const sl_command *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "semiluna %s: ", command->name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "  (semiluna help %s)\n", command->name);
    va_end(arguments);
    return SL_EXIT_USAGE;
}

int sl_failure(void) {
    fprintf(stderr, "semiluna: %s\n", sl_error_message());
    return SL_EXIT_FAILURE;
}

// ---- options ----------------------------------------------------------------------------------------------------------------

const char *sl_arguments_get(const sl_arguments *arguments, const char *name) {
    const char *value = NULL;
    for (size_t i = 0; i < arguments->given_count; i++)
        if (!strcmp(arguments->given[i].option->name, name)) value = arguments->given[i].value;
    return value;
}

bool sl_arguments_number(const sl_arguments *arguments, const char *name, long long least, long long most, long long *out) {
    const char *text = sl_arguments_get(arguments, name);
    if (!text) return true;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno || value < least || value > most) {
        sl_usage_error(arguments->command, "--%s \"%s\" is not a whole number from %lld to %lld", name, text, least, most);
        return false;
    }
    *out = value;
    return true;
}

const char *sl_arguments_db(const sl_arguments *arguments) {
    const char *path = sl_arguments_get(arguments, "db");
    if (!path) path = getenv("SEMILUNA_DB");
    return path && *path ? path : "semiluna.db";
}

static size_t option_count(const sl_command *command) {
    size_t count = 0;
    while (command->options && command->options[count].name) count++;
    return count;
}

static const sl_option *find_option(const sl_command *command, const char *name, size_t length) {
    for (size_t i = 0; i < option_count(command); i++)
        if (strlen(command->options[i].name) == length && !memcmp(command->options[i].name, name, length))
            return &command->options[i];
    return NULL;
}

static const sl_option *find_letter(const sl_command *command, char letter) {
    for (size_t i = 0; i < option_count(command); i++)
        if (command->options[i].letter == letter) return &command->options[i];
    return NULL;
}

static int unknown_option(const sl_command *command, const char *given, size_t length) {
    enum { MOST = 64, LONGEST = 64 };
    if (length == 4 && !memcmp(given, "help", length)) return sl_usage_error(command, "--help takes no value");
    const char *names[MOST + 1];
    size_t count = 0;
    for (; count < MOST && count < option_count(command); count++) names[count] = command->options[count].name;
    names[count++] = "help";
    char name[LONGEST];
    snprintf(name, sizeof name, "%.*s", (int)length, given);
    const char *nearest = sl_text_nearest(name, names, count);
    if (nearest) return sl_usage_error(command, "there is no option --%s. Did you mean --%s?", name, nearest);
    return sl_usage_error(command, "there is no option --%s", name);
}

// Whether `value` is one of "a|b|c".
static bool is_choice(const char *choices, const char *value) {
    size_t length = strlen(value);
    while (*choices) {
        size_t span = strcspn(choices, "|");
        if (span == length && !memcmp(choices, value, length)) return true;
        choices += span + (choices[span] == '|');
    }
    return false;
}

static int check_choice(const sl_command *command, const sl_option *option, const char *value) {
    if (!option->choices || is_choice(option->choices, value)) return SL_EXIT_OK;
    return sl_usage_error(command, "--%s \"%s\" is not one of %s", option->name, value, option->choices);
}

static bool is_help(const char *argument) {
    return !strcmp(argument, "--help") || !strcmp(argument, "-h");
}

// One option at argv[*i], perhaps with its value at argv[*i + 1].
static int parse_option(const sl_command *command, int argc, char **argv, int *i, struct sl_given *given) {
    const char *argument = argv[*i];
    const sl_option *option;
    const char *value = NULL;
    if (argument[1] == '-') {
        size_t length = strcspn(argument + 2, "=");
        option = find_option(command, argument + 2, length);
        if (!option) return unknown_option(command, argument + 2, length);
        if (argument[2 + length] == '=') value = argument + 2 + length + 1;
    } else {
        option = find_letter(command, argument[1]);
        if (!option) return sl_usage_error(command, "there is no option -%c", argument[1]);
        if (argument[2]) {
            if (!option->argument)
                return sl_usage_error(command, "-%c takes no value, but \"%s\" follows it", argument[1], argument + 2);
            value = argument + 2 + (argument[2] == '=');
        }
    }
    if (!option->argument) {
        if (value) return sl_usage_error(command, "--%s takes no value", option->name);
        value = "1";
    } else if (!value) {
        if (*i + 1 >= argc)
            return sl_usage_error(command, "--%s needs a value: --%s %s", option->name, option->name, option->argument);
        value = argv[++*i];
    }
    *given = (struct sl_given){option, value};
    return check_choice(command, option, value);
}

static int check_operands(const sl_command *command, const sl_arguments *arguments) {
    if (arguments->operand_count < command->least) {
        if (arguments->operand_count == 0) return sl_usage_error(command, "usage: semiluna %s %s", command->name, command->usage);
        return sl_usage_error(command, "something is missing after \"%s\": semiluna %s %s",
                              arguments->operands[arguments->operand_count - 1], command->name, command->usage);
    }
    if (command->most >= 0 && arguments->operand_count > command->most) {
        const char *extra = arguments->operands[command->most];
        bool assignment = strchr(extra, '=') && find_option(command, "set", 3);
        return sl_usage_error(command, "unexpected argument \"%s\"%s", extra,
                              assignment ? "; write --set before each KEY=VALUE" : "");
    }
    return SL_EXIT_OK;
}

int sl_command_main(const sl_command *command, int argc, char **argv) {
    struct sl_given *given = calloc((size_t)argc, sizeof *given);
    char **operands = calloc((size_t)argc, sizeof *operands);
    sl_arguments arguments = {.command = command, .given = given, .operands = operands};
    int status = SL_EXIT_OK;
    bool options = true, help = false;
    if (!given || !operands) {
        fprintf(stderr, "semiluna: out of memory\n");
        status = SL_EXIT_FAILURE;
    }
    for (int i = 1; i < argc && status == SL_EXIT_OK && !help; i++) {
        if (options && !strcmp(argv[i], "--")) {
            options = false;
        } else if (options && is_help(argv[i])) {
            help = true;
        } else if (options && argv[i][0] == '-' && argv[i][1]) {
            status = parse_option(command, argc, argv, &i, &given[arguments.given_count]);
            arguments.given_count++;
        } else {
            operands[arguments.operand_count++] = argv[i];
            if (command->first_ends) options = false;
        }
    }
    if (help) {
        sl_document_command(command, stdout);
    } else if (status == SL_EXIT_OK) {
        status = check_operands(command, &arguments);
        if (status == SL_EXIT_OK) status = command->run(&arguments);
    }
    free(given);
    free(operands);
    return status;
}
