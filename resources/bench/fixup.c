// What a HID-BPF driver does to a report: looks at its id, swaps two buttons, inverts an axis, moves a field.
typedef unsigned long long u64;
typedef unsigned char u8;

u64 run(void *memory, u64 length)
{
	u8 *report = memory;
	u8 buttons;

	if (report[0] != 1)
		return 0;
	buttons = report[1];
	report[1] = (u8)((buttons & ~3) | ((buttons & 1) << 1) | ((buttons >> 1) & 1));
	report[3] = (u8)-report[3];
	report[6] = report[5];
	report[5] = 0;
	return length;
}
