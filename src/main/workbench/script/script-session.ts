import { Errno, MapType } from '../../engine/abi/index.ts';
import { EngineError, fromHex, toHex, viewOf, within } from '../../engine/base/index.ts';
import { type DeviceTraffic, REPORT_TYPES, type ReportType } from '../../engine/hid/index.ts';
import { type LoadedObject } from '../../engine/loader/index.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import { type MapShape, type ScriptMachine } from './script-machine.ts';

/** What stands for the hid id in a stimulus: the bytes fe ca fe ca, the number 0xfecafeca. */
const ID_MARK = 'fecafeca';
/** Maps whose order of elements means nothing. */
const HASHED: readonly number[] = [
  MapType.HASH,
  MapType.LRU_HASH,
  MapType.PERCPU_HASH,
  MapType.LRU_PERCPU_HASH,
];

/** One result line of `hidsmith script`; only the fields that apply. */
export type ScriptResult = Readonly<Record<string, unknown>> & { readonly step: string };

function numberOf(word: string | undefined, what: string): number {
  const value = Number(word);
  if (word === undefined || word === '' || !Number.isInteger(value))
    throw new EngineError('parse', `${what} is missing or no number`);
  return value;
}

/** Runs stimuli one by one against an object that is loaded, and attached to the machine's device where there is one. */
export class ScriptSession {
  readonly #machine: ScriptMachine;
  readonly #object: ProjectObject;
  #loaded: LoadedObject;
  #links: number[] = [];
  #settle = 0;

  /** Loads and attaches everything. Throws LoadError. */
  constructor(machine: ScriptMachine, object: ProjectObject) {
    this.#machine = machine;
    this.#object = object;
    this.#loaded = machine.load(object.spec);
    this.#attach();
    machine.takeTraffic();
  }

  /** Attaches a struct_ops variable or an fmod_ret program, or all of them in their order; if one is refused none stays. */
  #attach(name?: string): void {
    const { hidId } = this.#machine;
    if (hidId === undefined) return;
    try {
      const links = this.#loaded.attachHid(hidId, name === undefined ? undefined : [name]);
      this.#links.push(...links.map(({ fd }) => fd));
    } finally {
      this.#machine.reattached();
    }
  }

  #detach(): void {
    for (const link of this.#links.reverse()) this.#loaded.detach(link);
    this.#links = [];
    this.#machine.reattached();
  }

  /** Detaches everything and closes the object. */
  close(): void {
    this.#detach();
    this.#loaded.close();
  }

  #bytes(hex: string): Uint8Array {
    if (hex === '-' || hex === '') return new Uint8Array(0);
    const id = new Uint8Array(4);
    viewOf(id).setUint32(0, this.#machine.hidId ?? 0, true);
    return within(`'${hex}'`, () => fromHex(hex.replaceAll(' ', '').replaceAll(ID_MARK, toHex(id))));
  }

  /** Puts the mark back where the stimulus had it. */
  #masked(result: Uint8Array, stimulus: string): string {
    const text = toHex(result);
    const given = stimulus.replaceAll(' ', '');
    let out = text;
    for (let at = given.indexOf(ID_MARK); at >= 0; at = given.indexOf(ID_MARK, at + 8)) {
      if (text.slice(at, at + 8) === toHex(this.#bytes(ID_MARK)))
        out = out.slice(0, at) + ID_MARK + out.slice(at + 8);
    }
    return out;
  }

  /** Runs one line. Throws EngineError for a verb or operand that cannot be read, and LoadError where `attach` or `resume` is refused. */
  step(line: string): ScriptResult {
    const step = line.trim();
    const [verb = '', ...words] = step.split(/\s+/);
    const machine = this.#machine;
    const fields = this.#run(verb, words);
    if (machine.hidId === undefined) return { step, ...fields };
    const out = machine.takeReports().map((report) => toHex(report));
    return { step, out, device: machine.takeTraffic().map(trafficText), ...fields };
  }

  #run(verb: string, words: readonly string[]): Record<string, unknown> {
    const hex = words.join('');
    const machine = this.#machine;
    switch (verb) {
      case 'in':
        machine.input(this.#bytes(hex), this.#settle);
        return {};
      case 'write':
        return { result: machine.write(this.#bytes(hex)) };
      case 'gf':
      case 'gi':
      case 'go':
        return this.#get(verb, words);
      case 'sf':
      case 'si':
      case 'so': {
        const data = this.#bytes(hex);
        return { result: machine.send(data, typeOf(verb)), data: toHex(data) };
      }
      case 'reply':
        machine.setReply(
          numberOf(words[0], 'report number'),
          (words[1] ?? '').startsWith('-')
            ? numberOf(words[1], 'errno')
            : this.#bytes(words.slice(1).join('')),
        );
        return {};
      case 'run':
        return this.#program(words[0], words.slice(1).join(''));
      case 'run2':
        return this.#rawProgram(words);
      case 'settle':
        this.#settle = numberOf(words[0], 'milliseconds');
        return {};
      case 'advance':
        machine.advance(numberOf(words[0], 'milliseconds'));
        return {};
      case 'pause':
        this.close();
        return {};
      case 'resume':
        this.#loaded = machine.load(this.#object.spec);
        this.#attach();
        return {};
      case 'attach':
        this.#attach(words[0]);
        return {};
      case 'detach':
        this.#detach();
        return {};
      case 'rdesc': {
        const descriptor = machine.descriptor();
        return { rdesc: descriptor === undefined ? null : toHex(descriptor) };
      }
      case 'names': {
        const { name, phys, uniq } = machine.names();
        return { result: [name, phys, uniq].join('|') };
      }
      case 'maps':
        return { maps: this.#maps() };
      default:
        throw new EngineError('parse', `there is no verb '${verb}'`);
    }
  }

  #get(verb: string, words: readonly string[]): Record<string, unknown> {
    const size = numberOf(words[1], 'length');
    if (size < 1 || size > 65_536) throw new EngineError('parse', 'the length must be 1 to 65536');
    const data = new Uint8Array(size);
    data[0] = numberOf(words[0], 'report number');
    const result = this.#machine.get(data, typeOf(verb));
    return { result, data: toHex(data) };
  }

  #program(name: string | undefined, hex: string): Record<string, unknown> {
    if (name === undefined) throw new EngineError('parse', 'the program is missing');
    const context = this.#bytes(hex);
    const run = this.#test(name, context.length === 0 ? {} : { context });
    return {
      errno: run.result,
      retval: run.retval | 0,
      ctx: context.length === 0 ? '-' : this.#masked(run.context, hex),
    };
  }

  /** BPF_PROG_RUN; a program that is not there is the descriptor -1, which the kernel answers with EBADF. */
  #test(
    name: string,
    run: Parameters<LoadedObject['runProgram']>[1],
  ): ReturnType<LoadedObject['runProgram']> {
    if (this.#loaded.programFds.has(name)) return this.#loaded.runProgram(name, run);
    return {
      result: -Errno.EBADF,
      retval: 0,
      context: run?.context ?? new Uint8Array(0),
      data: new Uint8Array(0),
    };
  }

  #rawProgram(words: readonly string[]): Record<string, unknown> {
    const [name = '', size, repeat, flags, outSize, ...hex] = words;
    const given = this.#bytes(hex.join(''));
    const context = new Uint8Array(Math.min(Math.max(numberOf(size, 'context size'), given.length), 1 << 20));
    context.set(given);
    const run = this.#test(name, {
      context,
      repeat: numberOf(repeat, 'repeat'),
      flags: numberOf(flags, 'flags'),
      extra: {
        ctx_size_in: numberOf(size, 'context size'),
        ctx_size_out: numberOf(outSize, 'size of the result'),
      },
    });
    return {
      errno: run.result,
      retval: run.retval | 0,
      ctx: given.length === 0 ? '-' : this.#masked(run.context.subarray(0, given.length), hex.join('')),
    };
  }

  /** The shape of maps.json: elements as [key, value], records of ring buffers, what a queue gives up. */
  #maps(): { cpus: number; maps: Record<string, unknown>[] } {
    const loaded = this.#loaded;
    const maps = this.#object.spec.maps.filter((map) => map.structOps === undefined && map.autoCreate);
    return {
      cpus: this.#machine.cpus,
      maps: maps.map(({ name }) => {
        const shape = this.#machine.mapShape(loaded.mapFd(name));
        return { name, ...plainShape(shape), ...this.#contents(shape, name) };
      }),
    };
  }

  #contents({ type, valueSize }: MapShape, name: string): Record<string, unknown> {
    const fd = this.#loaded.mapFd(name);
    const hex = (values: readonly Uint8Array[]): string[] => values.map((value) => toHex(value));
    if (type === MapType.RINGBUF) return { records: hex(this.#machine.ringRecords(fd)) };
    if (type === MapType.QUEUE || type === MapType.STACK)
      return { drained: hex(this.#machine.queueValues(fd, valueSize)) };
    // It can only be asked whether it may hold a value.
    if (type === MapType.BLOOM_FILTER) return { elements: [] };
    const elements = [...this.#loaded.mapEntries(name)].map(
      ([key, value]) => [toHex(key), toHex(value)] as const,
    );
    return {
      elements: HASHED.includes(type)
        ? elements.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
        : elements,
    };
  }
}

function plainShape({ type, keySize, valueSize, maxEntries, flags }: MapShape): MapShape {
  return { type, keySize, valueSize, maxEntries, flags };
}

/** What reached the device, with uhid's numbers of report types. */
function trafficText({ kind, type, reportNumber, data }: DeviceTraffic): string {
  const rtype = { feature: 0, output: 1, input: 2 }[type];
  if (kind === 'output') return `output rtype=${rtype} ${toHex(data)}`;
  const head = `${kind}_report rnum=${reportNumber} rtype=${rtype}`;
  return kind === 'get' ? head : `${head} ${toHex(data)}`;
}

function typeOf(verb: string): ReportType {
  const index = { i: 0, o: 1, f: 2 }[verb[1] ?? ''] ?? 0;
  return REPORT_TYPES[index] ?? 'input';
}
