// The files that a run has written: its checkpoints, in a folder that bears the run's uuid.
//
// Only such a folder is ever touched, and in it only what a run writes there: regular files *.safetensors, and *.safetensors.tmp
// of an interrupted write. Links are not followed.
#ifndef SL_UI_CLI_RUN_FILES_H
#define SL_UI_CLI_RUN_FILES_H

#include "db/db.h"

typedef struct sl_run_files {
    char *folders[4]; // there are more than one only where the run's folder was moved or copied
    int count;
    char uuid[40];
} sl_run_files;

// Finds the folders that exist: where the database says that the run wrote, and `runs` beside the database.
sl_status sl_run_files_find(sl_db *db, int64_t run, sl_run_files *out);
// The same for a run whose rows are gone: `runs` beside the database alone.
sl_status sl_run_files_of_uuid(sl_db *db, const char *uuid, sl_run_files *out);
void sl_run_files_clear(sl_run_files *files);

// Whether a file, by its name within the folder, is to go.
typedef bool (*sl_run_file_choice)(const char *name, void *user);

typedef struct sl_removal {
    int64_t files, bytes;
    bool dry_run; // only tell
} sl_removal;

// Removes the chosen files (NULL: all), printing a line for each, and the folder when nothing is left in it. What cannot be
// removed is told on stderr, and the status is that of the last such file; the others are removed nevertheless.
sl_status sl_run_files_remove(const sl_run_files *files, sl_run_file_choice choice, void *user, sl_removal *sum);

// "1.4 GB" and the like, for people; decimal units.
const char *sl_bytes_text(int64_t bytes, char out[24]);

#endif
