// Times run() of the kernel it is linked with: argv: runs, rounds, bytes of memory, bytes to restore before each run.
// Prints the result of the last run, then nanoseconds of CPU time per run, one round a line.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

unsigned long long run(void *memory, unsigned long long length);

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	long runs = atol(argv[1]), rounds = atol(argv[2]), size = atol(argv[3]), restore = atol(argv[4]);
	static unsigned char memory[65536], original[65536];
	unsigned long long result = 0;

	for (long i = 0; i < size; i++)
		original[i] = i == 0 ? 1 : (unsigned char)(i * 37 + 11);
	memcpy(memory, original, sizeof(memory));
	for (long round = 0; round < rounds; round++) {
		double start = now();

		for (long i = 0; i < runs; i++) {
			memcpy(memory, original, restore);
			__asm__ volatile("" ::: "memory");
			result = run(memory, size);
		}
		if (round == 0)
			printf("%llx\n", result);
		printf("%.3f\n", (now() - start) / runs);
	}
	return 0;
}
