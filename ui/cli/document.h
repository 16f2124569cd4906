// What people read about the commands, all of it made from the descriptors.
#ifndef SL_UI_CLI_DOCUMENT_H
#define SL_UI_CLI_DOCUMENT_H

#include "ui/cli/command.h"

// `semiluna help` and `semiluna help COMMAND`, for a terminal.
void sl_document_list(FILE *file);
void sl_document_command(const sl_command *command, FILE *file);

// docs/commands.md and the man page semiluna.1.
void sl_document_markdown(FILE *file);
void sl_document_man(FILE *file);

#endif
