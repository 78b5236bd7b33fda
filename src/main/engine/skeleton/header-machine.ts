import { pinPath } from '../loader/index.ts';
import { cFunction, quoted } from './c-text.ts';
import { type HeaderNames } from './header-names.ts';
import { type KconfigExtern } from './light-skeleton.ts';

/*
 * The part of a header that has to do with the machine that runs it: configuration values, maps that are pinned, and what a failed
 * load tells.
 */

/** True if a map is shared through the BPF file system. */
export function hasPins({ maps }: HeaderNames): boolean {
  return maps.some(({ map }) => map.spec.pinByName);
}

const CONFIG_TYPES: Readonly<Record<KconfigExtern['type'], string>> = {
  char: 'c',
  bool: 'b',
  int: 'i',
  tristate: 't',
  'char-array': 's',
};

/**
 * A configuration value when the header is compiled into a module: the preprocessor knows it, and for the same reason the variable
 * cannot be a member that bears its name.
 */
function compiledValue({ name, type, offset, size }: KconfigExtern): string[] {
  const at = `skel->kconfig->bytes + ${offset}`;
  const put = (value: string): string => `value = ${value};\nmemcpy(${at}, &value, ${size});`;
  if (name === 'LINUX_KERNEL_VERSION') return [put('LINUX_VERSION_CODE')];
  if (name.startsWith('LINUX_HAS_')) return [put('1')];
  switch (type) {
    case 'bool':
      return [put(`IS_BUILTIN(${name})`)];
    case 'tristate':
      return [put(`IS_BUILTIN(${name}) ? 1 : IS_MODULE(${name}) ? 2 : 0`)];
    case 'char':
      return [put(`(uint64_t)(IS_BUILTIN(${name}) ? 'y' : IS_MODULE(${name}) ? 'm' : 'n')`)];
    case 'char-array':
      return [`#ifdef ${name}`, `strscpy(${at}, ${name}, ${size});`, '#endif'];
    case 'int':
      return [`#ifdef ${name}`, put(name), '#endif'];
  }
}

/** Fills `.kconfig` from the running machine; the first strong value that is not there is remembered for the load. */
export function configFill({ name, skeleton }: HeaderNames): string[] {
  const { kconfig } = skeleton;
  if (kconfig.length === 0) return [];
  const rows = kconfig.map((external) => {
    const target = `skel->kconfig->${external.name}`;
    return `\t{${quoted(external.name)}, (void *)&${target}, sizeof(${target}), '${CONFIG_TYPES[external.type]}', ${external.weak ? 1 : 0}},`;
  });
  const body = [
    'void',
    `${name}__fill_kconfig(struct ${name} *skel)`,
    '{',
    '#ifdef __KERNEL__',
    '\tuint64_t value = 0;',
    '',
    '\t(void)value;',
    ...kconfig
      .flatMap(compiledValue)
      .flatMap((part) => part.split('\n'))
      .map((line) => (line.startsWith('#') ? line : `\t${line}`)),
    '#else',
    '\tconst struct hidsmith_config configs[] = {',
    ...rows.map((row) => `\t${row}`),
    '\t};',
    '',
    '\tskel->missing_config = hidsmith_config_fill(configs, sizeof(configs) / sizeof(configs[0]));',
    '#endif',
    '}',
    '',
  ];
  return [`static inline ${body.join('\n')}`];
}

/** The maps that are shared through the BPF file system, as the pins' functions want them. */
export function pinTable(names: HeaderNames): string[] {
  const { name, maps } = names;
  if (!hasPins(names)) return [];
  const pinned = maps.filter(({ map }) => map.spec.pinByName);
  return [
    `#define ${name.toUpperCase()}_PINS ${pinned.length}`,
    cFunction('void', `${name}__pins(struct ${name} *skel, struct hidsmith_pin *pins)`, [
      `memset(pins, 0, ${pinned.length} * sizeof(*pins));`,
      ...pinned.flatMap(({ map: { spec }, member }, i) => [
        `pins[${i}].map = &skel->maps.${member};`,
        `pins[${i}].path = ${quoted(pinPath(spec))};`,
        `pins[${i}].type = ${spec.type};`,
        `pins[${i}].key_size = ${spec.keySize};`,
        `pins[${i}].value_size = ${spec.valueSize};`,
        `pins[${i}].max_entries = ${spec.maxEntries};`,
        `pins[${i}].flags = ${spec.flags}U;`,
      ]),
    ]),
  ];
}

/** One run of the loader, with the maps that are pinned already. */
function attempt(names: HeaderNames): string {
  const { name } = names;
  return hasPins(names)
    ? cFunction('int', `${name}__try_load(struct ${name} *skel, struct hidsmith_pin *pins)`, [
        `int err = hidsmith_pins_open(pins, ${name.toUpperCase()}_PINS, skel->error);`,
        '',
        `return err < 0 ? err : ${name}__run_loader(skel);`,
      ])
    : '';
}

/**
 * NAME__load(): runs the loader; a log that did not fit is no failure of the programs, and a failure without a log is tried once more
 * with one, for the kernel's words.
 */
export function finishLoad(names: HeaderNames, finalize: readonly string[]): string {
  const { name, skeleton } = names;
  const pins = hasPins(names);
  const attemptCall = pins ? `${name}__try_load(skel, pins)` : `${name}__run_loader(skel)`;
  const needs = skeleton.needs.map(({ what, name: needed }) => `\t{${quoted(what)}, ${quoted(needed)}},`);
  const needsTable =
    needs.length === 0
      ? ['const struct hidsmith_need *const needs = NULL;']
      : ['static const struct hidsmith_need needs[] = {', ...needs, '};'];
  const config =
    skeleton.kconfig.length === 0
      ? []
      : [
          'if (skel->missing_config) {',
          '\thidsmith_say(skel->error,',
          '\t\t "%s has no value: it is not in /boot/config-RELEASE or /proc/config.gz", skel->missing_config);',
          '\treturn -ESRCH;',
          '}',
        ];
  return [
    attempt(names),
    cFunction('int', `${name}__load(struct ${name} *skel)`, [
      ...needsTable,
      'struct bpf_loader_ctx asked = skel->ctx;',
      ...(pins ? [`struct hidsmith_pin pins[${name.toUpperCase()}_PINS];`] : []),
      'int err;',
      '',
      'skel->error[0] = 0;',
      ...config,
      ...(pins ? [`${name}__pins(skel, pins);`] : []),
      `err = ${attemptCall};`,
      'if (err == -ENOSPC && asked.log_level) {',
      '\t/* the log was too small, which says nothing about the programs */',
      '\tskel->ctx.log_level = skel->ctx.log_size = 0;',
      '\tskel->ctx.log_buf = 0;',
      `\terr = ${attemptCall};`,
      '\tskel->ctx.log_level = asked.log_level;',
      '\tskel->ctx.log_size = asked.log_size;',
      '\tskel->ctx.log_buf = asked.log_buf;',
      '}',
      'if (err < 0 && !skel->error[0]) {',
      `\thidsmith_explain(skel->error, err, "load of ${name}", needs, ${needs.length});`,
      '#ifndef __KERNEL__',
      '\tif (err != -EPERM && err != -ENOENT && !asked.log_level) {',
      '\t\tsize_t size = 1 << 20;',
      '\t\tchar *log = (char *)calloc(1, size);',
      '\t\tint again = err;',
      '',
      '\t\tif (log) {',
      '\t\t\tskel->ctx.log_level = 1;',
      '\t\t\tskel->ctx.log_size = (__typeof__(skel->ctx.log_size))size;',
      '\t\t\tskel->ctx.log_buf = (__typeof__(skel->ctx.log_buf))(unsigned long)log;',
      `\t\t\tagain = ${attemptCall};`,
      '\t\t\tskel->ctx.log_level = skel->ctx.log_size = 0;',
      '\t\t\tskel->ctx.log_buf = 0;',
      '\t\t\tif (again < 0)',
      '\t\t\t\thidsmith_last_words(log, skel->error);',
      '\t\t\tfree(log);',
      '\t\t}',
      '\t\tif (again >= 0)',
      '\t\t\terr = again;',
      '\t}',
      '#endif',
      '}',
      'if (err < 0)',
      '\treturn err;',
      ...finalize,
      ...(pins ? [`err = hidsmith_pins_make(pins, ${name.toUpperCase()}_PINS, skel->error);`] : []),
      'return err;',
    ]),
  ]
    .filter((part) => part !== '')
    .join('\n');
}
