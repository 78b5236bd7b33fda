// How many primes there are below 500, by trial division.
typedef unsigned long long u64;
typedef unsigned int u32;

u64 run(void *memory, u64 length)
{
	u32 count = 0;

	for (u32 number = 2; number < 500; number++) {
		u32 divisor = 2;

		while (divisor * divisor <= number && number % divisor != 0)
			divisor++;
		if (divisor * divisor > number)
			count++;
	}
	return count;
}
