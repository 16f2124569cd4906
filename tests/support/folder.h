// Folders that tests write into.
#ifndef SL_TEST_FOLDER_H
#define SL_TEST_FOLDER_H

// A new empty folder under $TMPDIR; ends the test program when there is none. The name is in storage of its own.
const char *sl_test_folder(void);
// Removes a folder made so, with all it holds.
void sl_test_folder_remove(const char *folder);
// "folder/name" in one of a few buffers used in turn.
const char *sl_test_path(const char *folder, const char *name);

#endif
