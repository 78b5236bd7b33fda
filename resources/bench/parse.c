// A report of 64 bytes, byte by byte: three kinds of bytes, some are changed in place.
typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned char u8;

u64 run(void *memory, u64 length)
{
	u8 *report = memory;
	u64 sum = 0;
	u32 keys = 0;

	for (u64 i = 0; i < length; i++) {
		u8 byte = report[i];

		if (byte & 0x80) {
			sum += byte & 0x7f;
		} else if (byte > 0x20) {
			report[i] = byte ^ 0x01;
			sum ^= (u64)byte << 3;
		} else {
			keys++;
		}
	}
	return sum + keys;
}
