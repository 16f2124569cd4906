-- Prints the table of docs/fidelity.md, which tests/script/test_fidelity.lua holds against it: semiluna lua docs/fidelity.lua
print(require("semiluna.fidelity").markdown())
