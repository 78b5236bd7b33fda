// SPDX-License-Identifier: MIT
#include "hid.h"

OPS(ops) = { .flags = 0 };
