// The sum of 1024 words of 32 bits, folded once.
typedef unsigned long long u64;
typedef unsigned int u32;

u64 run(void *memory, u64 length)
{
	const u32 *words = memory;
	u64 sum = 0;

	for (u64 i = 0; i < length / 4; i++)
		sum += words[i];
	return (sum & 0xffffffff) + (sum >> 32);
}
