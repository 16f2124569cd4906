// The shell completion, printed from the tables of commands and options.
#include "ui/cli/command.h"

#include <string.h>

// What `help` explains besides the commands; commands/help.lua has them from the library.
static const char topics[] = "ablate checkpoint data.synthetic data.voc evaluate experiment method.advsemiseg method.supervised"
                             " model.deeplab_v2 optimizer.adam optimizer.adamw optimizer.sgd prune schedule";

static void print_commands(void) {
    for (const sl_command *const *command = sl_commands; *command; command++)
        printf("%s%s", command == sl_commands ? "" : " ", (*command)->name);
}

// A line of a case statement for each option that takes a value, and what the value may be.
static void print_values(const sl_command *command) {
    for (const sl_option *option = command->options; option && option->name; option++) {
        if (!option->argument) continue;
        printf("        %s:--%s", command->name, option->name);
        if (option->letter) printf(" | %s:-%c", command->name, option->letter);
        printf(") ");
        if (option->choices) {
            printf("words=\"");
            for (const char *c = option->choices; *c; c++) putchar(*c == '|' ? ' ' : *c);
            printf("\"");
        } else if (!strcmp(option->argument, "FILE")) {
            printf("files=1");
        } else if (!strcmp(option->argument, "ROOT")) {
            printf("files=1");
        } else if (!strcmp(option->argument, "RUN")) {
            printf("words=$(_semiluna_runs)");
        } else {
            printf(":");
        }
        printf("; value=1 ;;\n");
    }
}

static void print_command(const sl_command *command) {
    printf("        %s)\n            options=\"--help", command->name);
    for (const sl_option *option = command->options; option && option->name; option++) printf(" --%s", option->name);
    printf("\"\n");
    const char *operand = command->operand ? command->operand : "";
    if (!strcmp(operand, "FILE")) printf("            files=1\n");
    if (!strcmp(operand, "RUN")) printf("            words=$(_semiluna_runs); files=1\n");
    if (!strcmp(operand, "COMMAND")) printf("            words=\"$commands %s\"\n", topics);
    if (!strcmp(operand, "SHELL")) printf("            words=\"bash\"\n");
    printf("            ;;\n");
}

static int run(const sl_arguments *arguments) {
    if (arguments->operand_count && strcmp(arguments->operands[0], "bash") != 0)
        return sl_usage_error(arguments->command, "there is completion for bash, not for \"%s\"", arguments->operands[0]);
    fputs("# Completion of semiluna for bash, made by `semiluna completion bash`.\n\n"
          "# Numbers and names (those without blanks) of the runs in the database that the command line so far names.\n"
          "_semiluna_runs() {\n"
          "    local database=() i\n"
          "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
          "        [[ ${COMP_WORDS[i]} == --db ]] && database=(--db \"${COMP_WORDS[i + 1]}\")\n"
          "    done\n"
          "    echo latest\n"
          "    \"${COMP_WORDS[0]}\" runs --format csv \"${database[@]}\" 2>/dev/null | awk -F, '\n"
          "        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }\n"
          "        { print $column[\"id\"]; if ($column[\"name\"] !~ /[\" ]/) print $column[\"name\"] }'\n"
          "}\n\n"
          "_semiluna() {\n"
          "    local commands=\"",
          stdout);
    print_commands();
    fputs("\"\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}\n"
          "    local options=\"\" words=\"\" files=\"\" value=\"\"\n"
          "    COMPREPLY=()\n"
          "    # --option=value comes as three words\n"
          "    [[ $word == = ]] && word=\"\"\n"
          "    [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$commands --help --version\" -- \"$word\")\n"
          "        return\n"
          "    fi\n"
          "    case \"$command:$before\" in\n",
          stdout);
    for (const sl_command *const *command = sl_commands; *command; command++) print_values(*command);
    fputs("    esac\n"
          "    if [[ -z $value ]]; then\n"
          "        case \"$command\" in\n",
          stdout);
    for (const sl_command *const *command = sl_commands; *command; command++) print_command(*command);
    fputs("        esac\n"
          "        [[ $word == -* ]] && words=$options files=\"\"\n"
          "    fi\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
          "    if [[ -n $files ]]; then\n"
          "        compopt -o filenames 2>/dev/null\n"
          "        local found\n"
          "        mapfile -t found < <(compgen -f -- \"$word\")\n"
          "        COMPREPLY+=(\"${found[@]}\")\n"
          "    fi\n"
          "}\n\n"
          "complete -F _semiluna semiluna\n",
          stdout);
    return SL_EXIT_OK;
}

const sl_command sl_command_completion = {
    .name = "completion",
    .summary = "Print the completion script for bash",
    .usage = "[bash]",
    .description = "It completes commands, options, their values, files and runs.",
    .examples = "source <(semiluna completion bash)\n",
    .most = 1,
    .operand = "SHELL",
    .run = run,
};
