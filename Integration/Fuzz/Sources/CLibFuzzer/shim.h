#include <stddef.h>
#include <stdint.h>

// From LLVM's FuzzerInterface.h, which does not come with Swift.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*UserCb)(const uint8_t *Data, size_t Size));
