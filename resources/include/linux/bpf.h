/* SPDX-License-Identifier: MIT */
/* Stands in for the system's header: what bpf(2) and BPF programs see come from vmlinux.h. */
#pragma once

#include "../vmlinux.h"
