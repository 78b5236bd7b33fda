import { byteArray, cFunction, quoted } from './c-text.ts';
import { type HeaderNames, type NamedTable } from './header-names.ts';
import { hidAttacher } from './hid-attacher.ts';

/*
 * The part of a header that attaches tables of struct_ops, and HID-BPF drivers of both kinds (struct_ops of Linux 6.11 and newer,
 * fmod_ret of 6.3 to 6.10) to devices.
 */

/** What kind of HID-BPF driver the object is, if it is one. */
export function isHidDriver({ tables, skeleton }: HeaderNames): boolean {
  return tables.some(({ table }) => table.isHid) || skeleton.hidPrograms.length > 0;
}

function attachTable(name: string, { member, attachMember, table, programMembers }: NamedTable): string {
  const parameters = table.isHid ? ', unsigned int hid_id, unsigned int flags' : '';
  return [
    table.isHid
      ? `/* attaches ${member} to a device; flags: 0 behind the others, 8 (BPF_F_BEFORE) before them. The link's fd, which is the skeleton's */`
      : `/* registers ${member}; the link's fd, which is the skeleton's */`,
    cFunction('int', `${name}__${member}__attach(struct ${name} *skel${parameters})`, [
      'struct {',
      '\tstruct hidsmith_attach head;',
      `\tint prog_fds[${Math.max(programMembers.length, 1)}];`,
      '} args;',
      'int fd;',
      '',
      'memset(&args, 0, sizeof(args));',
      ...(table.isHid ? ['args.head.hid_id = hid_id;', 'args.head.flags = flags;'] : []),
      ...programMembers.map((program, i) => `args.prog_fds[${i}] = skel->progs.${program}.prog_fd;`),
      `fd = hidsmith_attach_table(&skel->attached, skel->progs.${attachMember}.prog_fd, ${quoted(member)},`,
      '\t\t\t   &args.head, sizeof(args), skel->error);',
      'if (fd > 0)',
      `\tskel->links.${member}_fd = fd;`,
      'return fd;',
    ]),
  ].join('\n');
}

/** The functions of the tables; those for HID take a device. */
export function tableFunctions(names: HeaderNames): string[] {
  return names.tables.map((table) => attachTable(names.name, table));
}

/** The program that attaches fmod_ret programs: loaded when the first device comes, by a loader of its own. */
function loadAttacher(name: string): string {
  const { insns, data } = hidAttacher();
  return [
    '/* loads the program that calls hid_bpf_attach_prog() of Linux 6.3 to 6.10, once */',
    cFunction('int', `${name}__load_hid_attacher(struct ${name} *skel)`, [
      byteArray('opts_data', data, ''),
      byteArray('opts_insn', insns, ''),
      'struct {',
      '\tstruct bpf_loader_ctx ctx;',
      '\tstruct bpf_prog_desc prog;',
      '} loader;',
      'struct bpf_load_and_run_opts opts;',
      'int err;',
      '',
      'if (skel->hid_attach_fd > 0)',
      '\treturn 0;',
      'memset(&loader, 0, sizeof(loader));',
      'memset(&opts, 0, sizeof(opts));',
      'loader.ctx.sz = 28; /* loader context and one program descriptor */',
      'opts.ctx = &loader.ctx;',
      'opts.data_sz = sizeof(opts_data) - 1;',
      'opts.data = opts_data;',
      'opts.insns_sz = sizeof(opts_insn) - 1;',
      'opts.insns = opts_insn;',
      'err = bpf_load_and_run(&opts);',
      'if (err == -ENOENT)',
      '\thidsmith_say(skel->error,',
      '\t\t "this kernel has no hid_bpf_attach_prog(): this is a driver for Linux 6.3 to 6.10 with CONFIG_HID_BPF=y");',
      'else if (err < 0)',
      '\thidsmith_explain(skel->error, err, "load of the program that attaches", NULL, 0);',
      'else',
      '\tskel->hid_attach_fd = loader.prog.prog_fd;',
      'return err < 0 ? err : 0;',
    ]),
  ].join('\n');
}

/** Attaches everything to a device, in the object's order; after a failure nothing of it stays. */
function attachHid(names: HeaderNames): string {
  const { name, tables, skeleton, programs } = names;
  const hidTables = tables.filter(({ table }) => table.isHid);
  const steps = hidTables.flatMap(({ member, table }) => [
    `fd = ${name}__${member}__attach(skel, hid_id, ${table.flags}U | flags);`,
    'if (fd < 0)',
    '\tgoto undo;',
    'first = first > 0 ? first : fd;',
  ]);
  const hooks = programs.filter(({ index }) =>
    skeleton.hidPrograms.some((program) => program.index === index),
  );
  const hookSteps = hooks.flatMap(({ member }) => [
    'memset(&args, 0, sizeof(args));',
    'args.head.hid_id = hid_id;',
    'args.head.flags = flags ? 1 : 0; /* HID_BPF_FLAG_INSERT_HEAD */',
    `args.prog_fd = skel->progs.${member}.prog_fd;`,
    `fd = hidsmith_attach_table(&skel->attached, skel->hid_attach_fd, ${quoted(member)}, &args.head, sizeof(args), skel->error);`,
    'if (fd < 0)',
    '\tgoto undo;',
    'first = first > 0 ? first : fd;',
  ]);
  return [
    "/* attaches the driver to a device: its first link's fd (the skeleton keeps all of them), or a negative errno and words in skel->error;",
    '   flags: 0, or 8 (BPF_F_BEFORE) to come before the drivers that are there */',
    cFunction('int', `${name}__attach_hid(struct ${name} *skel, unsigned int hid_id, unsigned int flags)`, [
      'struct hidsmith_link *before = skel->attached;',
      ...(hooks.length === 0
        ? []
        : ['struct {', '\tstruct hidsmith_attach head;', '\tint prog_fd;', '} args;']),
      'int fd, first = 0;',
      '',
      ...(hooks.length === 0
        ? []
        : [`fd = ${name}__load_hid_attacher(skel);`, 'if (fd < 0)', '\treturn fd;']),
      ...steps,
      ...hookSteps,
      'return first;',
      'undo:',
      'while (skel->attached != before)',
      '\thidsmith_drop(&skel->attached);',
      'return fd;',
    ]),
  ].join('\n');
}

/** One device: probe(), attach, pins. And all devices of a kind. */
function attachDevices(names: HeaderNames): string {
  const { name, tables, skeleton, programs } = names;
  const probe = programs.find(({ spec, isLoaded }) => spec.name === 'probe' && isLoaded);
  const hooks = programs.filter(({ index }) =>
    skeleton.hidPrograms.some((program) => program.index === index),
  );
  const links = [...tables.filter(({ table }) => table.isHid), ...hooks].map(({ member }) => member);
  return [
    '#ifndef __KERNEL__',
    '/* lets probe() look at the device, attaches, and pins the links below pin_directory (/sys/fs/bpf/hid, say) unless it is NULL;',
    '   0, or a negative errno and words in skel->error */',
    cFunction(
      'int',
      `${name}__attach_one(struct ${name} *skel, const struct hidsmith_device *device, const char *pin_directory)`,
      [
        `static const char *const links[] = {${links.map(quoted).join(', ')}};`,
        'size_t left = sizeof(links) / sizeof(links[0]);',
        'struct hidsmith_link *link;',
        'int err;',
        '',
        `if (pin_directory && hidsmith_is_pinned(pin_directory, device->name, ${quoted(name)}, skel->error))`,
        '\treturn -EEXIST;',
        ...(probe === undefined
          ? []
          : [
              `err = hidsmith_probe_device(skel->progs.${probe.member}.prog_fd, device, skel->error);`,
              'if (err < 0)',
              '\treturn err;',
            ]),
        `err = ${name}__attach_hid(skel, device->hid_id, 0);`,
        'if (err < 0)',
        '\treturn err;',
        "/* the newest link is the last one's */",
        'for (link = skel->attached; pin_directory && err >= 0 && left-- > 0; link = link->next)',
        `\terr = hidsmith_pin_link(link->fd, pin_directory, device->name, ${quoted(name)}, links[left], skel->error);`,
        'if (err < 0) {',
        `\thidsmith_unpin(pin_directory, device->name, ${quoted(name)});`,
        '\thidsmith_drop_device(&skel->attached, device->hid_id);',
        '\treturn err;',
        '}',
        'return 0;',
      ],
    ),
    '/* the same with every device of a kind (0 stands for any number); how many were attached, or a negative errno */',
    cFunction(
      'int',
      `${name}__attach_device(struct ${name} *skel, unsigned int bus, unsigned int vendor, unsigned int product,\n\t\t\t const char *pin_directory)`,
      [
        'struct hidsmith_device devices[HIDSMITH_MAX_DEVICES];',
        'int attached = 0, count = hidsmith_find_devices(bus, vendor, product, devices, skel->error), err = count, i;',
        '',
        'for (i = 0; i < count; i++) {',
        `\terr = ${name}__attach_one(skel, &devices[i], pin_directory);`,
        '\tattached += err >= 0;',
        '}',
        'return attached > 0 ? attached : err;',
      ],
    ),
    '#endif',
    '',
  ].join('\n');
}

function detachDevice({ name }: HeaderNames): string {
  return [
    '/* takes the driver off one device; links that are pinned live on */',
    cFunction('void', `${name}__detach_device(struct ${name} *skel, unsigned int hid_id)`, [
      'hidsmith_drop_device(&skel->attached, hid_id);',
    ]),
  ].join('\n');
}

/** The functions of a HID-BPF driver; none for other objects. */
export function hidFunctions(names: HeaderNames): string[] {
  if (!isHidDriver(names)) return [];
  return [
    ...(names.skeleton.hidPrograms.length === 0 ? [] : [loadAttacher(names.name)]),
    attachHid(names),
    attachDevices(names),
    detachDevice(names),
  ];
}
