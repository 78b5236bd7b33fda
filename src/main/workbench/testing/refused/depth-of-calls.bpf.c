// SPDX-License-Identifier: MIT
#include "hid.h"

static __attribute__((noinline)) u32 f8(u32 x)
{
	volatile u32 y = x;
	return y + y;
}
static __attribute__((noinline)) u32 f7(u32 x)
{
	volatile u32 y = x;
	return f8(y) + y;
}
static __attribute__((noinline)) u32 f6(u32 x)
{
	volatile u32 y = x;
	return f7(y) + y;
}
static __attribute__((noinline)) u32 f5(u32 x)
{
	volatile u32 y = x;
	return f6(y) + y;
}
static __attribute__((noinline)) u32 f4(u32 x)
{
	volatile u32 y = x;
	return f5(y) + y;
}
static __attribute__((noinline)) u32 f3(u32 x)
{
	volatile u32 y = x;
	return f4(y) + y;
}
static __attribute__((noinline)) u32 f2(u32 x)
{
	volatile u32 y = x;
	return f3(y) + y;
}
static __attribute__((noinline)) u32 f1(u32 x)
{
	volatile u32 y = x;
	return f2(y) + y;
}
EVENT(event)
{
	return f1(args[1]);
}
OPS(ops) = { .hid_device_event = event };
