/** C text for maps whose size is the machine's: one slot a possible CPU, ring buffers of whole pages. */
export const SIZES_RUNTIME = `#ifndef HIDSMITH_SKEL_SIZES
#define HIDSMITH_SKEL_SIZES

#ifdef __KERNEL__
#include <linux/cpumask.h>
#endif

/* possible CPUs, 0 where the machine does not tell */
static inline unsigned int hidsmith_possible_cpus(void)
{
#ifdef __KERNEL__
	return num_possible_cpus();
#else
	char text[256], *at = text;
	unsigned long last = 0;

	if (hidsmith_read_text("/sys/devices/system/cpu/possible", text, sizeof(text)) <= 0)
		return 0;
	/* 0-3,8-11 */
	while (*at) {
		if (*at >= '0' && *at <= '9')
			last = strtoul(at, &at, 10);
		else
			at++;
	}
	return (unsigned int)last + 1;
#endif
}

/* 0 where the size is whole pages of this machine already, else the next power of two of them */
static inline unsigned int hidsmith_ring_size(unsigned int size)
{
	size_t page = hidsmith_page_size(), rounded = page;

	if (size == 0 || size % page == 0)
		return 0;
	while (rounded < size)
		rounded *= 2;
	return (unsigned int)rounded;
}

#endif /* HIDSMITH_SKEL_SIZES */
`;
