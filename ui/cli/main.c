// The program: finds the command and lets it run.
#include "ui/cli/command.h"
#include "ui/cli/document.h"

#include <errno.h>
#include <string.h>

static int dispatch(int argc, char **argv) {
    if (argc < 2) {
        sl_document_list(stderr);
        return SL_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (!strcmp(name, "--version") || !strcmp(name, "-V")) name = "version";
    if (!strcmp(name, "--help") || !strcmp(name, "-h")) name = "help";
    const sl_command *command = sl_command_find(name);
    if (command) return sl_command_main(command, argc - 1, argv + 1);
    if (name[0] != '-') return sl_command_unknown(name);
    fprintf(stderr, "semiluna: \"%s\" where a command should stand; options follow the command: semiluna COMMAND %s\n", name,
            name);
    return SL_EXIT_USAGE;
}

int main(int argc, char **argv) {
    int status = dispatch(argc, argv);
    // A result that could not be written (full disk) is a failure, even if all else went well.
    if ((fflush(stdout) || ferror(stdout)) && status == SL_EXIT_OK) {
        fprintf(stderr, "semiluna: could not write the output: %s\n", strerror(errno));
        status = SL_EXIT_FAILURE;
    }
    return status;
}
