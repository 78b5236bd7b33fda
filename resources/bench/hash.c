// An ALU64 hash: a thousand rounds of multiply, shift and xor, no memory.
typedef unsigned long long u64;

u64 run(void *memory, u64 length)
{
	u64 hash = length;

	for (u64 i = 0; i < 1000; i++) {
		hash ^= i;
		hash *= 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
		hash += hash << 7;
		hash ^= hash >> 32;
		hash *= 0x2545f491;
	}
	return hash;
}
