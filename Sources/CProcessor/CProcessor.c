// SwiftPM wants a source file in each C target; all there is to this one is its header.
#include "CProcessor.h"
