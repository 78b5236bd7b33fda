/*
 * C text that fills `.kconfig` variables from the machine that runs the skeleton: version and configuration as libbpf reads them
 * (/boot/config-RELEASE, else /proc/config.gz), which needs an inflate (RFC 1951) of its own.
 */

const INFLATE = `/* an inflate that trades speed for size: it runs once */
struct hidsmith_bits {
	const unsigned char *at, *end;
	unsigned int word, count;
};

struct hidsmith_codes {
	/* codes of each length, and the symbols in the order of their codes */
	unsigned short lengths[16], symbols[288];
};

/* the next bits, low ones first; behind the end there are zeros, which the output's end then shows */
static inline unsigned int hidsmith_take(struct hidsmith_bits *in, unsigned int bits)
{
	unsigned int value;

	while (in->count < bits) {
		in->word |= (unsigned int)(in->at < in->end ? *in->at++ : 0) << in->count;
		in->count += 8;
	}
	value = in->word & ((1U << bits) - 1U);
	in->word >>= bits;
	in->count -= bits;
	return value;
}

static inline void hidsmith_make_codes(struct hidsmith_codes *codes, const unsigned char *sizes, unsigned int count)
{
	unsigned short next[16];
	unsigned int i;

	memset(codes, 0, sizeof(*codes));
	for (i = 0; i < count; i++)
		codes->lengths[sizes[i]]++;
	codes->lengths[0] = 0;
	next[0] = next[1] = 0;
	for (i = 1; i < 15; i++)
		next[i + 1] = (unsigned short)(next[i] + codes->lengths[i]);
	for (i = 0; i < count; i++)
		if (sizes[i])
			codes->symbols[next[sizes[i]]++] = (unsigned short)i;
}

/* a symbol, or -1 for bits that are no code */
static inline int hidsmith_symbol(struct hidsmith_bits *in, const struct hidsmith_codes *codes)
{
	int code = 0, first = 0, index = 0, length;

	for (length = 1; length < 16; length++) {
		int count = codes->lengths[length];

		code |= (int)hidsmith_take(in, 1);
		if (code - first < count)
			return codes->symbols[index + code - first];
		index += count;
		first = (first + count) << 1;
		code <<= 1;
	}
	return -1;
}

static inline int hidsmith_read_codes(struct hidsmith_bits *in, struct hidsmith_codes *literals, struct hidsmith_codes *distances)
{
	static const unsigned char order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	unsigned char sizes[320];
	unsigned int nliterals = hidsmith_take(in, 5) + 257, ndistances = hidsmith_take(in, 5) + 1;
	unsigned int nsizes = hidsmith_take(in, 4) + 4, i;

	memset(sizes, 0, sizeof(sizes));
	for (i = 0; i < nsizes; i++)
		sizes[order[i]] = (unsigned char)hidsmith_take(in, 3);
	hidsmith_make_codes(literals, sizes, 19);
	for (i = 0; i < nliterals + ndistances;) {
		int symbol = hidsmith_symbol(in, literals);
		unsigned int repeat = 1;
		unsigned char size = (unsigned char)symbol;

		if (symbol < 0 || (symbol == 16 && i == 0))
			return -EINVAL;
		if (symbol == 16) {
			repeat = 3 + hidsmith_take(in, 2);
			size = sizes[i - 1];
		} else if (symbol > 16) {
			repeat = symbol == 17 ? 3 + hidsmith_take(in, 3) : 11 + hidsmith_take(in, 7);
			size = 0;
		}
		if (i + repeat > nliterals + ndistances)
			return -EINVAL;
		while (repeat-- > 0)
			sizes[i++] = size;
	}
	if (nliterals > 288)
		return -EINVAL;
	hidsmith_make_codes(literals, sizes, nliterals);
	hidsmith_make_codes(distances, sizes + nliterals, ndistances);
	return 0;
}

static inline void hidsmith_fixed_codes(struct hidsmith_codes *literals, struct hidsmith_codes *distances)
{
	unsigned char sizes[288];
	unsigned int i;

	for (i = 0; i < 288; i++)
		sizes[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	hidsmith_make_codes(literals, sizes, 288);
	memset(sizes, 5, 30);
	hidsmith_make_codes(distances, sizes, 30);
}

/* one block of literals and copies; how much of the output is full then, or a negative errno */
static inline long hidsmith_inflate_block(struct hidsmith_bits *in, const struct hidsmith_codes *literals,
					  const struct hidsmith_codes *distances, char *out, size_t used, size_t size)
{
	static const unsigned short bases[29] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99,
						 115, 131, 163, 195, 227, 258};

	for (;;) {
		int symbol = hidsmith_symbol(in, literals);
		unsigned int length, distance, extra;

		if (symbol == 256)
			return (long)used;
		if (symbol < 0 || symbol > 285 || used >= size)
			return -EINVAL;
		if (symbol < 256) {
			out[used++] = (char)symbol;
			continue;
		}
		symbol -= 257;
		extra = symbol < 8 || symbol == 28 ? 0 : (unsigned int)symbol / 4 - 1;
		length = bases[symbol] + hidsmith_take(in, extra);
		symbol = hidsmith_symbol(in, distances);
		if (symbol < 0 || symbol > 29)
			return -EINVAL;
		extra = symbol < 4 ? 0 : (unsigned int)symbol / 2 - 1;
		distance = symbol < 4 ? (unsigned int)symbol + 1 : ((2U + ((unsigned int)symbol & 1U)) << extra) + 1U + hidsmith_take(in, extra);
		if (distance > used || used + length > size)
			return -EINVAL;
		for (; length > 0; length--, used++)
			out[used] = out[used - distance];
	}
}

/* a gzip file's content in fresh memory, NUL behind it; NULL if it is none */
static inline char *hidsmith_gunzip(const char *gzip, size_t gzip_size)
{
	const unsigned char *bytes = (const unsigned char *)gzip;
	struct hidsmith_bits in;
	size_t size, used = 0, start = 10;
	char *out;
	int is_last = 0;

	/* the kernel writes a plain header; a file name may be in it */
	if (gzip_size < 18 || bytes[0] != 0x1f || bytes[1] != 0x8b || bytes[2] != 8 || (bytes[3] & ~8) != 0)
		return NULL;
	if (bytes[3] & 8)
		while (start < gzip_size && bytes[start++] != 0)
			;
	size = (size_t)bytes[gzip_size - 4] | (size_t)bytes[gzip_size - 3] << 8 | (size_t)bytes[gzip_size - 2] << 16 |
	       (size_t)bytes[gzip_size - 1] << 24;
	out = size > (64U << 20) ? NULL : (char *)malloc(size + 1);
	memset(&in, 0, sizeof(in));
	in.at = bytes + start;
	in.end = bytes + gzip_size;
	while (out && !is_last) {
		struct hidsmith_codes literals, distances;
		unsigned int kind;
		long end = -EINVAL;

		is_last = (int)hidsmith_take(&in, 1);
		kind = hidsmith_take(&in, 2);
		if (kind == 0) {
			unsigned int length;

			hidsmith_take(&in, in.count % 8);
			length = hidsmith_take(&in, 16);
			hidsmith_take(&in, 16);
			for (end = (long)used; length > 0 && (size_t)end < size; length--)
				out[end++] = (char)hidsmith_take(&in, 8);
		} else {
			int err = 0;

			if (kind == 1)
				hidsmith_fixed_codes(&literals, &distances);
			else
				err = kind == 2 ? hidsmith_read_codes(&in, &literals, &distances) : -EINVAL;
			if (!err)
				end = hidsmith_inflate_block(&in, &literals, &distances, out, used, size);
		}
		if (end < 0) {
			free(out);
			return NULL;
		}
		used = (size_t)end;
	}
	if (out)
		out[used] = 0;
	return out;
}
`;

const VERSION = `/* LINUX_VERSION_CODE of the running kernel; distributions that number otherwise say it elsewhere */
static inline unsigned long hidsmith_kernel_version(void)
{
	unsigned int major = 0, minor = 0, patch = 0;
	struct utsname names;
	char text[256];
	const char *at;

	if (hidsmith_read_text("/proc/version_signature", text, sizeof(text)) > 0 &&
	    sscanf(text, "%*s %*s %u.%u.%u", &major, &minor, &patch) == 3)
		return (unsigned long)(major << 16 | minor << 8 | (patch > 255 ? 255 : patch));
	uname(&names);
	at = strstr(names.version, "Debian ");
	if (!at || sscanf(at, "Debian %u.%u.%u", &major, &minor, &patch) != 3)
		sscanf(names.release, "%u.%u.%u", &major, &minor, &patch);
	return (unsigned long)(major << 16 | minor << 8 | (patch > 255 ? 255 : patch));
}
`;

const VALUES = `/* a variable: where it lies, how its value is written */
struct hidsmith_config {
	const char *name;
	void *at;
	size_t size;
	/* 'c'har, 'b'ool, 'i'nteger, 't'ristate, 's'tring */
	char type;
	int is_weak;
};

static inline void hidsmith_config_number(const struct hidsmith_config *config, unsigned long long value)
{
	unsigned char *bytes = (unsigned char *)config->at;
	size_t i;

	for (i = 0; i < config->size && i < sizeof(value); i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
}

/* the value of one CONFIG_ line; false if it does not suit the variable */
static inline int hidsmith_config_set(const struct hidsmith_config *config, const char *value)
{
	size_t length = strlen(value);
	char *end;

	if (value[0] == 'y' || value[0] == 'n' || value[0] == 'm') {
		if (config->type == 'c')
			hidsmith_config_number(config, (unsigned char)value[0]);
		else if ((config->type == 'b' && value[0] != 'm') || config->type == 't')
			hidsmith_config_number(config, value[0] == 'y' ? 1 : value[0] == 'm' ? 2 : 0);
		else
			return 0;
		return 1;
	}
	if (value[0] == '"') {
		if (config->type != 's' || length < 2)
			return 0;
		length -= 2;
		if (length >= config->size)
			length = config->size - 1;
		memset(config->at, 0, config->size);
		memcpy(config->at, value + 1, length);
		return 1;
	}
	if (config->type != 'i' && config->type != 'c')
		return 0;
	hidsmith_config_number(config, value[0] == '-' ? (unsigned long long)strtoll(value, &end, 0) : strtoull(value, &end, 0));
	return *end == 0;
}

static inline int hidsmith_config_virtual(const struct hidsmith_config *config)
{
	unsigned long version = hidsmith_kernel_version();
	unsigned long long value = 0;

	if (strcmp(config->name, "LINUX_KERNEL_VERSION") == 0)
		value = version;
	else if (strcmp(config->name, "LINUX_HAS_BPF_COOKIE") == 0)
		value = version >= (5 << 16 | 15 << 8);
	else if (strcmp(config->name, "LINUX_HAS_SYSCALL_WRAPPER") == 0)
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__s390x__)
		value = 1;
#else
		value = 0;
#endif
	else if (!config->is_weak)
		return 0;
	hidsmith_config_number(config, value);
	return 1;
}

static inline char *hidsmith_config_text(void)
{
	struct utsname names;
	char path[sizeof(names.release) + 16], *text, *gzip;
	size_t size;

	uname(&names);
	snprintf(path, sizeof(path), "/boot/config-%s", names.release);
	text = hidsmith_read_file(path, &size);
	if (text)
		return text;
	gzip = hidsmith_read_file("/proc/config.gz", &size);
	text = gzip ? hidsmith_gunzip(gzip, size) : NULL;
	free(gzip);
	return text;
}

/* fills the variables; the name of the first strong one without a value, NULL if there is none */
static inline const char *hidsmith_config_fill(const struct hidsmith_config *configs, size_t count)
{
	char *text = NULL, *line;
	const char *missing = NULL;
	unsigned char found[HIDSMITH_MAX_CONFIGS];
	size_t i;

	memset(found, 0, sizeof(found));
	for (i = 0; i < count; i++) {
		if (strncmp(configs[i].name, "CONFIG_", 7) != 0)
			found[i] = (unsigned char)hidsmith_config_virtual(&configs[i]);
		else if (!text)
			text = hidsmith_config_text();
	}
	for (line = text; line && *line;) {
		char *end = strchr(line, '\\n'), *value = strchr(line, '=');

		if (end)
			*end = 0;
		if (value && (!end || value < end) && strncmp(line, "CONFIG_", 7) == 0) {
			*value++ = 0;
			for (i = 0; i < count; i++)
				if (!found[i] && strcmp(configs[i].name, line) == 0)
					found[i] = (unsigned char)hidsmith_config_set(&configs[i], value);
		}
		line = end ? end + 1 : NULL;
	}
	free(text);
	for (i = 0; i < count && !missing; i++)
		if (!found[i] && !configs[i].is_weak)
			missing = configs[i].name;
	return missing;
}
`;

/** C text for __kconfig variables in user space; the kernel's own values are known when a module is compiled. */
export const KCONFIG_RUNTIME = `#ifndef HIDSMITH_SKEL_KCONFIG
#define HIDSMITH_SKEL_KCONFIG

#ifdef __KERNEL__
#include <linux/kconfig.h>
#include <linux/version.h>
#else
#include <sys/utsname.h>

#define HIDSMITH_MAX_CONFIGS 1024

${INFLATE}
${VERSION}
${VALUES}
#endif

#endif /* HIDSMITH_SKEL_KCONFIG */
`;
