// SPDX-License-Identifier: MIT
/*
 * Executes system calls that it is sent, so that a workbench written in another language can use a real kernel's
 * bpf(2), uhid and hidraw: the other end is src/main/host/real-kernel. It needs no libc and no right but its user's.
 *
 * The caller's memory lies here at the same addresses as there, so pointers inside a call need no translation: a
 * window of memory from MEMORY_BASE on, with one page for bpf_attr below it. Both ends keep a copy of what the other
 * has; only bytes that differ cross the line. Everything is little-endian.
 *
 *   at start: u32 magic, u32 version, u32 machine (ELF's e_machine)
 *   request:  struct request, then ranges: u32 offset from ATTR_BASE, u32 length, the bytes; a length of 0 ends them.
 *             A length with RANGE_ZERO has no bytes: they are zero. One with RANGE_ASIDE has its bytes in the file that
 *             argv[1] names, from its beginning on: for lines that are slower than a shared folder
 *   reply:    struct frame of FRAME_RESULT, then the ranges that the call has changed, in the same form;
 *             a program's output comes before it as frames of FRAME_STDOUT and FRAME_STDERR with `length` bytes
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long s64;

#define MAGIC 0x41444948
#define VERSION 1
#define MEMORY_BASE 0x10000000UL
#define ATTR_SIZE 4096UL
#define ATTR_BASE (MEMORY_BASE - ATTR_SIZE)
/* The largest page of the machines served: what is mapped begins and ends on it. */
#define LARGE_PAGE 0x10000UL
#define WINDOW_BASE (MEMORY_BASE - LARGE_PAGE)
#define WINDOW_SIZE 0x10000000UL
#define NEAR 16
#define RANGE_ZERO 0x80000000u
#define RANGE_ASIDE 0x40000000u

enum { OPERATION_END, OPERATION_CALL, OPERATION_RUN };
enum { FRAME_RESULT, FRAME_STDOUT, FRAME_STDERR };

struct request {
	u32 operation;
	u32 number;       /* of the system call */
	u64 used;         /* bytes of memory from MEMORY_BASE on that the caller has */
	u64 arguments[6]; /* OPERATION_RUN: argv, working folder or 0, milliseconds or 0 */
};

struct frame {
	u32 kind;
	u32 length;
	s64 result;
};

#if defined(__x86_64__)
#define MACHINE 62
#define PAGE 4096UL
enum {
	NR_read = 0, NR_write = 1, NR_close = 3, NR_mmap = 9, NR_mprotect = 10, NR_ioctl = 16, NR_clone = 56, NR_execve = 59,
	NR_exit = 60, NR_wait4 = 61, NR_kill = 62, NR_chdir = 80, NR_setpgid = 109, NR_clock_gettime = 228, NR_openat = 257,
	NR_ppoll = 271, NR_dup3 = 292, NR_pipe2 = 293,
};

static s64 call6(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	register u64 r10 __asm__("r10") = d;
	register u64 r8 __asm__("r8") = e;
	register u64 r9 __asm__("r9") = f;
	s64 result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n\thlt\n");
#elif defined(__aarch64__)
#define MACHINE 183
#define PAGE LARGE_PAGE
enum {
	NR_dup3 = 24, NR_ioctl = 29, NR_chdir = 49, NR_openat = 56, NR_close = 57, NR_pipe2 = 59, NR_read = 63, NR_write = 64,
	NR_ppoll = 73, NR_exit = 93, NR_clock_gettime = 113, NR_kill = 129, NR_setpgid = 154, NR_clone = 220, NR_execve = 221,
	NR_mmap = 222, NR_mprotect = 226, NR_wait4 = 260,
};

static s64 call6(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	register u64 x8 __asm__("x8") = number;
	register u64 x0 __asm__("x0") = a;
	register u64 x1 __asm__("x1") = b;
	register u64 x2 __asm__("x2") = c;
	register u64 x3 __asm__("x3") = d;
	register u64 x4 __asm__("x4") = e;
	register u64 x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return (s64)x0;
}

__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl start\n\tbrk #0\n");
#else
#error "no system calls are known for this machine"
#endif

#define call3(number, a, b, c) call6(number, (u64)(a), (u64)(b), (u64)(c), 0, 0, 0)
#define call4(number, a, b, c, d) call6(number, (u64)(a), (u64)(b), (u64)(c), (u64)(d), 0, 0)

/* What the compiler may call by itself. */
void *memcpy(void *to, const void *from, u64 count)
{
	for (u64 i = 0; i < count; i++)
		((volatile u8 *)to)[i] = ((const u8 *)from)[i];
	return to;
}

void *memset(void *to, int value, u64 count)
{
	for (u64 i = 0; i < count; i++)
		((volatile u8 *)to)[i] = value;
	return to;
}

__attribute__((noreturn)) static void leave(int status)
{
	for (;;)
		call3(NR_exit, status, 0, 0);
}

/* ---- the line ---- */

static u8 input[4096], output[4096];
static u32 input_at, input_end, output_end;

static void take(void *to, u64 count)
{
	u8 *at = to;

	while (count > 0) {
		u32 part;

		if (input_at == input_end) {
			s64 got = call3(NR_read, 0, input, sizeof(input));

			if (got <= 0)
				leave(0); /* The other end is gone. */
			input_at = 0;
			input_end = got;
		}
		part = input_end - input_at < count ? input_end - input_at : count;
		memcpy(at, input + input_at, part);
		input_at += part;
		at += part;
		count -= part;
	}
}

static void flush(void)
{
	u32 at = 0;

	while (at < output_end) {
		s64 put = call3(NR_write, 1, output + at, output_end - at);

		if (put <= 0)
			leave(1);
		at += put;
	}
	output_end = 0;
}

static void give(const void *from, u64 count)
{
	const u8 *at = from;

	while (count > 0) {
		u32 room = sizeof(output) - output_end;
		u32 part = room < count ? room : count;

		memcpy(output + output_end, at, part);
		output_end += part;
		at += part;
		count -= part;
		if (output_end == sizeof(output))
			flush();
	}
}

static void give_frame(u32 kind, u32 length, s64 result)
{
	struct frame frame = { kind, length, result };

	give(&frame, sizeof(frame));
}

/* ---- the caller's memory ---- */

static u8 *copy; /* What the other end has, from ATTR_BASE on. */
static u64 open_size; /* Bytes from MEMORY_BASE on that can be touched; the rest faults as it would there. */

static u8 *map(u64 address, u64 size, int protection)
{
	/* MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE, and MAP_FIXED_NOREPLACE for an address that must be it */
	u64 flags = 0x2 | 0x20 | 0x4000 | (address ? 0x100000 : 0);
	s64 result = call6(NR_mmap, address, size, protection, flags, (u64)-1, 0);

	if (result < 0 || (address && (u64)result != address))
		leave(2);
	return (u8 *)result;
}

static void open_memory(u64 used)
{
	u64 size = (used + PAGE - 1) & ~(PAGE - 1);

	if (used > WINDOW_SIZE)
		leave(3);
	if (size > open_size)
		call3(NR_mprotect, MEMORY_BASE + open_size, size - open_size, 3);
	else if (size < open_size)
		call3(NR_mprotect, MEMORY_BASE + size, open_size - size, 0);
	open_size = size;
}

static void take_aside(const char *path, u8 *to, u64 count)
{
	int file = path ? call4(NR_openat, -100, path, 02000000 /* O_CLOEXEC */, 0) : -1;

	while (count > 0) {
		s64 got = call3(NR_read, file, to, count);

		if (got <= 0)
			leave(5);
		to += got;
		count -= got;
	}
	call3(NR_close, file, 0, 0);
}

static void take_ranges(u64 size, const char *aside)
{
	u32 head[2];

	for (;;) {
		take(head, sizeof(head));
		if (head[1] == 0)
			return;
		u64 length = head[1] & ~(RANGE_ZERO | RANGE_ASIDE);
		u8 *at = (u8 *)ATTR_BASE + head[0];

		if (head[0] + length > size)
			leave(4);
		if (head[1] & RANGE_ZERO)
			memset(at, 0, length);
		else if (head[1] & RANGE_ASIDE)
			take_aside(aside, at, length);
		else
			take(at, length);
		memcpy(copy + head[0], at, length);
	}
}

/* Ranges that are near each other go as one: a head costs more than a few bytes. */
static void give_ranges(u64 size)
{
	const u8 *now = (u8 *)ATTR_BASE;
	u32 none[2] = { 0, 0 };
	u64 at = 0;

	while (at < size) {
		u64 end, i;

		if (at % 8 == 0 && at + 8 <= size && *(const u64 *)(now + at) == *(u64 *)(copy + at)) {
			at += 8;
			continue;
		}
		if (now[at] == copy[at]) {
			at++;
			continue;
		}
		end = at + 1;
		for (i = end; i < size && i - end < NEAR; i++)
			if (now[i] != copy[i])
				end = i + 1;
		u32 head[2] = { at, end - at };

		give(head, sizeof(head));
		give(now + at, end - at);
		memcpy(copy + at, now + at, end - at);
		at = end;
	}
	give(none, sizeof(none));
}

/* ---- programs ---- */

struct pollfd {
	int fd;
	short events, revents;
};

struct timespec {
	s64 seconds, nanoseconds;
};

static s64 milliseconds(void)
{
	struct timespec now;

	call3(NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, &now, 0);
	return now.seconds * 1000 + now.nanoseconds / 1000000;
}

static int has_slash(const char *name)
{
	while (*name && *name != '/')
		name++;
	return *name == '/';
}

/* execvp: the name as it is, or in the folders of PATH. Returns only errors. */
static s64 execute(char **argv, char **environment)
{
	const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	s64 result = -2; /* ENOENT */

	if (has_slash(argv[0]))
		return call3(NR_execve, argv[0], argv, environment);
	for (char **at = environment; *at; at++)
		if ((*at)[0] == 'P' && (*at)[1] == 'A' && (*at)[2] == 'T' && (*at)[3] == 'H' && (*at)[4] == '=')
			path = *at + 5;
	while (*path) {
		char name[4096];
		u32 length = 0;

		for (; *path && *path != ':'; path++)
			if (length < sizeof(name) - 2)
				name[length++] = *path;
		if (*path)
			path++;
		name[length++] = '/';
		for (const char *at = argv[0]; *at && length < sizeof(name) - 1; at++)
			name[length++] = *at;
		name[length] = 0;
		s64 tried = call3(NR_execve, name, argv, environment);

		if (tried != -2)
			result = tried;
	}
	return result;
}

static void child(char **argv, char **environment, const char *folder, int out, int error)
{
	int nothing = call4(NR_openat, -100, "/dev/null", 0, 0);
	s64 result = 0;

	call3(NR_setpgid, 0, 0, 0);
	call3(NR_dup3, nothing, 0, 0);
	call3(NR_dup3, out, 1, 0);
	call3(NR_dup3, error, 2, 0);
	if (folder)
		result = call3(NR_chdir, folder, 0, 0);
	if (result == 0)
		result = execute(argv, environment);
	/* As a shell says it: 127 not found, 126 not executable. */
	leave(result == -2 ? 127 : 126);
}

/* The exit status as a shell counts it (128 and the signal's number), or a negative errno. */
static s64 run(char **argv, const char *folder, u64 limit, char **environment)
{
	s64 deadline = milliseconds() + limit;
	int pipes[2][2];
	int status = 0;
	struct pollfd polls[2];
	s64 process;

	for (int i = 0; i < 2; i++) {
		s64 result = call3(NR_pipe2, pipes[i], 02000000 /* O_CLOEXEC */, 0);

		if (result < 0)
			return result;
	}
	process = call6(NR_clone, 17 /* SIGCHLD */, 0, 0, 0, 0, 0);
	if (process == 0)
		child(argv, environment, folder, pipes[0][1], pipes[1][1]);
	for (int i = 0; i < 2; i++) {
		call3(NR_close, pipes[i][1], 0, 0);
		polls[i] = (struct pollfd){ pipes[i][0], 1 /* POLLIN */, 0 };
	}
	while (process > 0 && (polls[0].fd >= 0 || polls[1].fd >= 0)) {
		s64 left = deadline - milliseconds();
		struct timespec wait = { left / 1000, left % 1000 * 1000000 };

		if (limit && left <= 0) {
			call3(NR_kill, -process, 9, 0);
			break;
		}
		call6(NR_ppoll, (u64)polls, 2, limit ? (u64)&wait : 0, 0, 0, 0);
		for (int i = 0; i < 2; i++) {
			static u8 part[2048];

			if (polls[i].fd < 0 || polls[i].revents == 0)
				continue;
			s64 got = call3(NR_read, polls[i].fd, part, sizeof(part));

			if (got <= 0) {
				polls[i].fd = -1;
				continue;
			}
			give_frame(FRAME_STDOUT + i, got, 0);
			give(part, got);
			flush();
		}
	}
	for (int i = 0; i < 2; i++)
		call3(NR_close, pipes[i][0], 0, 0);
	if (process < 0)
		return process;
	call4(NR_wait4, process, &status, 0, 0);
	return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* ---- */

/* A serial line as it is: no echo, no translation, no waiting for ends of lines. */
static void make_raw(void)
{
	struct {
		u32 input, output, control, local;
		u8 line, characters[19];
	} settings;

	if (call3(NR_ioctl, 0, 0x5401 /* TCGETS */, &settings) < 0)
		return;
	settings.input = settings.output = settings.local = 0;
	/* CREAD, CS8, CLOCAL; 115200 baud, since even an emulated line waits as long as its speed says */
	settings.control = (settings.control & ~0x100fu) | 0x1002 | 0x80 | 0x30 | 0x800;
	settings.characters[5] = 0; /* VTIME */
	settings.characters[6] = 1; /* VMIN */
	call3(NR_ioctl, 0, 0x5402 /* TCSETS */, &settings);
}

__attribute__((noreturn, used)) void start(u64 *stack)
{
	char **environment = (char **)(stack + 1 + stack[0] + 1);
	const char *aside = stack[0] > 1 ? (const char *)stack[2] : 0;
	u32 hello[3] = { MAGIC, VERSION, MACHINE };

	map(WINDOW_BASE, LARGE_PAGE, 3);
	map(MEMORY_BASE, WINDOW_SIZE, 0);
	copy = map(0, ATTR_SIZE + WINDOW_SIZE, 3);
	make_raw();
	give(hello, sizeof(hello));
	flush();
	for (;;) {
		struct request request;
		u64 *a = request.arguments;
		s64 result;

		take(&request, sizeof(request));
		open_memory(request.used);
		take_ranges(ATTR_SIZE + request.used, aside);
		if (request.operation == OPERATION_CALL)
			result = call6(request.number, a[0], a[1], a[2], a[3], a[4], a[5]);
		else if (request.operation == OPERATION_RUN)
			result = run((char **)a[0], (const char *)a[1], a[2], environment);
		else
			leave(0);
		give_frame(FRAME_RESULT, 0, result);
		give_ranges(ATTR_SIZE + request.used);
		flush();
	}
}
