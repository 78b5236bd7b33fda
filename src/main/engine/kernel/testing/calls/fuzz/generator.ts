import { Random } from '../../../../verifier/testing/fuzz/emitter.ts';
import { call, callText, mutateCall, type Call } from './call.ts';
import { MapCalls, mutatedMap, type FuzzMap } from './maps.ts';
import { ProgramCalls, type FuzzProgram } from './programs.ts';

const BTFS = [
  "btf('int' INT 4 32)",
  "btf('int' INT 4 32 'b' TYPEDEF 1)",
  "btf('int' INT 4 32 's' STRUCT/1 4 'x' 1 0)",
  "btf('int' INT 4 32 's' STRUCT/1 4 'x' 9 0)",
  "btf('int' INT 4 33)",
  "btf('int' INT 4 32 '' PTR 1 '' CONST 2)",
  "btf('int' INT 4 32 'e' ENUM/2 4 'a' 0 'b' 1)",
  "btf('int' INT 4 32 '' ARRAY 0 1 1 4)",
  "btf('int' INT 4 32 cut=1)",
  "btf('int' INT 4 32 magic=1)",
  "btf('int' INT 4 32 '' FUNC_PROTO 1 'f' FUNC 2)",
];
const PINS = ['"/sys/fs/bpf/fuzz_a"', '"/sys/fs/bpf/fuzz_b"', '"/sys/fs/bpf/fuzz_dir/c"', '"/tmp/fuzz_d"'];
/** What each info buffer is called, by the kind of the object. */
const INFO_SIZES: Readonly<Record<string, number>> = { map: 88, prog: 232, btf: 32, link: 64 };

/** From here on are program types that a machine's configuration or policy may refuse (LIRC_MODE2, TRACING, EXT, LSM). */
const HOST_TYPES = 20;

/** What has been made in the sequence so far. */
interface Made {
  maps: FuzzMap[];
  programs: FuzzProgram[];
  links: string[];
  btfs: string[];
  /** Every name that stands for a descriptor. */
  names: string[];
}

/**
 * Sequences of bpf(2) calls, good and bad, as text of a list of calls: the same seed gives the same sequences.
 * Outside a lab there are no calls that attach, pin or change the machine.
 */
export class CallGenerator {
  readonly #random: Random;
  readonly #inLab: boolean;
  readonly #maps: MapCalls;
  readonly #programs: ProgramCalls;
  #made: Made = { maps: [], programs: [], links: [], btfs: [], names: [] };
  #count = 0;

  constructor(seed: number, inLab: boolean) {
    this.#random = new Random(seed);
    this.#inLab = inLab;
    this.#maps = new MapCalls(this.#random, inLab);
    this.#programs = new ProgramCalls(this.#random, inLab);
  }

  /** A section of a list of calls. */
  section(title: string): string {
    this.#made = { maps: [], programs: [], links: [], btfs: [], names: [] };
    this.#count = 0;
    const steps = [callText(this.#newMap()), callText(this.#newProgram())];
    const length = 4 + this.#random.below(14);
    while (steps.length < length) steps.push(this.#step());
    return `## ${title}\n${steps.join('\n')}\n`;
  }

  #step(): string {
    if (this.#random.once(25)) return `caps ${this.#random.pick(['none', 'bpf', 'root', 'root'])}`;
    const names = [...this.#made.names];
    const made = this.#next();
    if (!/^[A-Z]/.test(made.verb) || !this.#random.once(4)) return callText(made);
    const mutated = mutateCall(this.#random, made, { names, types: this.#inLab ? 60 : HOST_TYPES });
    if (made.verb === 'MAP_CREATE') {
      const map = this.#made.maps.pop();
      if (map !== undefined) this.#made.maps.push(mutatedMap(map, mutated));
    }
    return callText(mutated);
  }

  #next(): Call {
    const random = this.#random;
    const { maps, programs } = this.#made;
    const map = random.pick(maps);
    const program = random.pick(programs);
    const roll = random.below(100);
    if (roll < 10) return this.#newMap();
    if (roll < 18) return this.#newProgram();
    if (roll < 48) return this.#maps.element(map, this.#made.names);
    if (roll < 58) return this.#maps.batch(map);
    if (roll < 68) return this.#programs.run(program);
    if (roll < 72) return this.#newBtf();
    if (roll < 82) return this.#info();
    if (roll < 90) return this.#small();
    return this.#inLab ? this.#attaching() : this.#maps.element(map, this.#made.names);
  }

  #name(prefix: string): string {
    const name = `${prefix}${this.#count++}`;
    this.#made.names.push(name);
    return name;
  }

  #newMap(): Call {
    const inner = this.#made.maps.length === 0 ? undefined : this.#random.pick(this.#made.maps);
    const { map, call: created } = this.#maps.create(this.#name('m'), inner);
    this.#made.maps.push(map);
    return created;
  }

  #newProgram(): Call {
    const { program, call: loaded } = this.#programs.load(
      this.#name('p'),
      this.#random.pick(this.#made.maps),
    );
    this.#made.programs.push(program);
    return loaded;
  }

  #newBtf(): Call {
    const name = this.#name('b');
    this.#made.btfs.push(name);
    return call('BTF_LOAD', { btf: this.#random.pick(BTFS) }, name);
  }

  #info(): Call {
    const { maps, programs, btfs, links } = this.#made;
    const objects = [
      ...maps.map(({ name }) => ['map', name] as const),
      ...programs.map(({ name }) => ['prog', name] as const),
      ...btfs.map((name) => ['btf', name] as const),
      ...links.map((name) => ['link', name] as const),
    ];
    const [shape, name] = this.#random.pick(objects);
    const size = INFO_SIZES[shape] as number;
    return call('OBJ_GET_INFO_BY_FD', { bpf_fd: `$${name}`, info_len: size, info: `?${shape}:${size}` });
  }

  /** Commands with few fields. */
  #small(): Call {
    const random = this.#random;
    const [map, program] = [random.pick(this.#made.maps).name, random.pick(this.#made.programs).name];
    const any = random.pick(this.#made.names);
    switch (random.below(6)) {
      case 0:
        return call('MAP_FREEZE', { map_fd: `$${map}` });
      case 1:
        return call('PROG_BIND_MAP', { prog_fd: `$${program}`, map_fd: `$${map}` });
      case 2:
        return this.#close(random.pick([...this.#made.maps, ...this.#made.programs]).name);
      case 3:
        return { name: this.#name('d'), verb: 'dup', fields: new Map(), values: [`$${any}`] };
      case 4:
        return call('TASK_FD_QUERY', { pid: 'PID', fd: `$${any}`, buf_len: 32, buf: '?log:32' });
      default:
        return {
          verb: 'bpf',
          fields: new Map([['size', String(random.below(20) * 8)]]),
          values: [String(37 + random.below(9))],
        };
    }
  }

  /** A closed descriptor's number may come again for another object: its name is not used on, except where it must fail. */
  #close(name: string): Call {
    const { maps, programs } = this.#made;
    const others = {
      maps: maps.filter((map) => map.name !== name),
      programs: programs.filter((program) => program.name !== name),
    };
    if (others.maps.length === 0 || others.programs.length === 0)
      return call('MAP_FREEZE', { map_fd: `$${name}` });
    Object.assign(this.#made, others, { names: this.#made.names.filter((each) => each !== name) });
    return { verb: 'close', fields: new Map(), values: [`$${name}`] };
  }

  #link(made: Call): Call {
    const name = this.#name('l');
    this.#made.links.push(name);
    return { ...made, name };
  }

  /** Calls that attach programs, pin objects or count: for a machine that may be changed. */
  #attaching(): Call {
    const random = this.#random;
    const program = random.pick(this.#made.programs);
    const any = random.pick(this.#made.names);
    const link = this.#made.links.length === 0 ? any : random.pick(this.#made.links);
    switch (random.below(9)) {
      case 0:
        return this.#link(
          call('RAW_TRACEPOINT_OPEN', {
            prog_fd: `$${program.name}`,
            name: random.pick(['"sys_enter"', '"no_such"']),
          }),
        );
      case 1:
      case 2:
        return this.#link(this.#linkCreate(program));
      case 3:
        return call('LINK_UPDATE', { link_fd: `$${link}`, new_prog_fd: `$${program.name}` });
      case 4:
        return call('LINK_DETACH', { link_fd: `$${link}` });
      case 5:
        return call('ITER_CREATE', { link_fd: `$${link}` }, this.#name('i'));
      case 6:
        return call('OBJ_PIN', { pathname: random.pick(PINS), bpf_fd: `$${any}` });
      case 7:
        return call('OBJ_GET', { pathname: random.pick(PINS) }, this.#name('g'));
      default:
        return call('ENABLE_STATS', { type: 0 }, this.#name('t'));
    }
  }

  #linkCreate({ name, type, attach }: FuzzProgram): Call {
    const attachType =
      { fentry: 'TRACE_FENTRY', iterator: 'TRACE_ITER' }[attach as 'fentry'] ??
      (type === 'XDP' ? 'XDP' : 'CGROUP_INET_EGRESS');
    return call('LINK_CREATE', { prog_fd: `$${name}`, attach_type: attachType });
  }
}
