// The command line: each command is one file, command_NAME.c, that defines one constant descriptor, sl_command_NAME. The parser,
// `help`, the shell completion, docs/commands.md and the man page are all made from these descriptors.
//
// To add a command: write ui/cli/command_NAME.c, declare sl_command_NAME below and add it to the table in command.c.
#ifndef SL_UI_CLI_COMMAND_H
#define SL_UI_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// Exit statuses of the program.
enum { SL_EXIT_OK = 0, SL_EXIT_FAILURE = 1, SL_EXIT_USAGE = 2 };

typedef struct sl_option {
    const char *name;     // "format" is given as --format VALUE or --format=VALUE
    char letter;          // 'f' is given as -f VALUE; 0: none
    const char *argument; // what VALUE is, in capitals: "FILE", "N", "KEY=VALUE"; NULL: a flag that takes no value
    const char *help;     // one sentence, no full stop
    const char *choices;  // "table|csv|json|markdown": the only values allowed; NULL: any
    bool repeat;          // may be given more than once
} sl_option;

typedef struct sl_arguments sl_arguments;

typedef struct sl_command {
    const char *name;         // "runs"
    const char *summary;      // one line for the list of commands, no full stop
    const char *usage;        // what follows the name: "[OPTIONS] SCRIPT"
    const char *description;  // a paragraph or two for help and docs, or NULL
    const char *examples;     // lines of shell, each ended by \n, or NULL
    const sl_option *options; // ended by an entry whose name is NULL; NULL: no options. --help (-h) is understood by all
    int least, most;          // how many other arguments (operands) it takes; most -1: any number
    const char *operand;      // what the operands are, for completion: "RUN", "FILE", "COMMAND" or NULL
    bool first_ends;          // options end at the first operand; what follows is passed on (for `lua FILE ...`)
    int (*run)(const sl_arguments *arguments); // returns the exit status
} sl_command;

// One command line, parsed and checked against the descriptor.
struct sl_arguments {
    const sl_command *command;
    const struct sl_given {
        const sl_option *option;
        const char *value; // "1" for a flag
    } * given;             // in the order given
    size_t given_count;
    char **operands;
    int operand_count;
};

// The value of the option `name` (the last one given), or NULL where it was not given.
const char *sl_arguments_get(const sl_arguments *arguments, const char *name);
// The same as a whole number in least..most; `*out` keeps its value where the option is absent. False after having printed what
// is wrong: then return SL_EXIT_USAGE.
bool sl_arguments_number(const sl_arguments *arguments, const char *name, long long least, long long most, long long *out);
// The database file: --db, else $SEMILUNA_DB, else "semiluna.db". For commands that have SL_OPTION_DB.
const char *sl_arguments_db(const sl_arguments *arguments);

// Prints "semiluna COMMAND: message" (printf format) and where to find help to stderr; returns SL_EXIT_USAGE.
int sl_usage_error(const sl_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Prints "semiluna: message" with the message of the last core or database error; returns SL_EXIT_FAILURE.
int sl_failure(void);

// Options that several commands share.
// clang-format off
#define SL_OPTION_DB {"db", 0, "FILE", "the results database; else $SEMILUNA_DB, else semiluna.db", NULL, false}
#define SL_OPTION_FORMAT {"format", 'f', "FORMAT", "how to print it: table (default), csv, json or markdown", "table|csv|json|markdown", false}
#define SL_OPTION_END {NULL, 0, NULL, NULL, NULL, false}
// clang-format on

extern const sl_command sl_command_run, sl_command_eval, sl_command_new, sl_command_repl, sl_command_lua;
extern const sl_command sl_command_plan, sl_command_sweep, sl_command_tell, sl_command_watch;
extern const sl_command sl_command_plot;
extern const sl_command sl_command_diff, sl_command_export, sl_command_import;
extern const sl_command sl_command_runs, sl_command_show, sl_command_sql, sl_command_whatif;
extern const sl_command sl_command_compare, sl_command_noise;
extern const sl_command sl_command_tag, sl_command_note, sl_command_rm, sl_command_gc, sl_command_merge;
extern const sl_command sl_command_doctor, sl_command_version, sl_command_help, sl_command_completion;

// All commands in the order of `semiluna help`, ended by NULL.
extern const sl_command *const sl_commands[];
const sl_command *sl_command_find(const char *name); // NULL: there is none

// Parses argv[1..] for `command` (argv[0] is its name) and runs it; returns the exit status.
int sl_command_main(const sl_command *command, int argc, char **argv);

// "semiluna: there is no command ..." with the nearest one to stderr; returns SL_EXIT_USAGE.
int sl_command_unknown(const char *name);

#endif
