// Keeps the support library from being empty.
extern int sl_test_support;
int sl_test_support;
