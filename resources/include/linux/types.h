/* SPDX-License-Identifier: MIT */
/* Stands in for the system's header: the integer types come from vmlinux.h. */
#pragma once

#include "../vmlinux.h"
