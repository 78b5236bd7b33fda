import { Errno, MapType } from '../engine/abi/index.ts';
import { EngineError, fromHex, toHex, viewOf, within } from '../engine/base/index.ts';
import {
  type HidDevice,
  REPORT_TYPES,
  type ReportType,
  ScriptedTransport,
  hidrawGet,
  hidrawSend,
  hidrawWrite,
} from '../engine/hid/index.ts';
import { type BpfMap, QueueMap, RingbufMap } from '../engine/kernel/index.ts';
import { type LoadedObject } from '../engine/loader/index.ts';
import { type RecordingDevice } from '../engine/recording/index.ts';
import { type ProjectObject } from './projects/project-library.ts';
import { type Resources } from './resources.ts';
import { Simulation, type SimulationOptions } from './simulation/simulation.ts';

/** What stands for the hid id in a stimulus: the bytes fe ca fe ca, the number 0xfecafeca. */
const ID_MARK = 'fecafeca';
/** Where a hidraw reader's requests come from: an address like that of its struct file. */
const HIDRAW_SOURCE = 0xffff_8881_0000_1000n;
const MILLISECOND = 1_000_000n;

/** One result line of `hidsmith script`; only the fields that apply. */
export type ScriptResult = Readonly<Record<string, unknown>> & { readonly step: string };

export interface ScriptDevice {
  readonly plan: RecordingDevice;
  /** The hid_id it gets; 1 unless told. */
  readonly hidId?: number;
}

function numberOf(word: string | undefined, what: string): number {
  const value = Number(word);
  if (word === undefined || word === '' || !Number.isInteger(value))
    throw new EngineError('parse', `${what} is missing or no number`);
  return value;
}

/** Runs stimuli one by one against an object that is loaded, and attached to a device where there is one. */
export class ScriptSession {
  readonly #simulation: Simulation;
  readonly #object: ProjectObject;
  readonly #device: HidDevice | undefined;
  readonly #transport = new ScriptedTransport();
  #loaded: LoadedObject;
  #links: number[] = [];
  #out: string[] = [];
  #settle = 0n;

  /** Loads and attaches everything. Throws LoadError. */
  constructor(
    resources: Resources,
    options: SimulationOptions,
    object: ProjectObject,
    device: ScriptDevice | undefined,
  ) {
    this.#simulation = new Simulation(resources, options);
    this.#object = object;
    if (device !== undefined) {
      const { name, phys, bus, vendor, product, descriptor } = device.plan;
      this.#device = this.#simulation.addDevice(
        { name, phys, bus, vendor, product },
        descriptor,
        this.#transport,
        device.hidId,
      );
      this.#device.openHidraw((data) => this.#out.push(toHex(data)));
    }
    this.#loaded = this.#load();
    this.#attach();
  }

  #load(): LoadedObject {
    return this.#simulation.load(
      this.#object.spec,
      this.#device === undefined ? {} : { hidId: this.#device.id },
    );
  }

  #attach(map?: string): void {
    const device = this.#device;
    if (device === undefined) return;
    if (map === undefined) this.#links = this.#simulation.attachAll(this.#loaded, device).map(({ fd }) => fd);
    else if (this.#loaded.hidPrograms.includes(map))
      this.#links.push(this.#loaded.attachHidProgram(map, device.id));
    else this.#links.push(this.#loaded.attachStructOps(map, { hidId: device.id }));
  }

  #detach(): void {
    for (const link of this.#links.reverse()) this.#loaded.detach(link);
    this.#links = [];
  }

  get #hid(): HidDevice {
    if (this.#device === undefined)
      throw new EngineError('usage', 'there is no device: give --device FILE.hid');
    return this.#device;
  }

  #bytes(hex: string): Uint8Array {
    if (hex === '-' || hex === '') return new Uint8Array(0);
    const id = new Uint8Array(4);
    viewOf(id).setUint32(0, this.#device?.id ?? 0, true);
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
    this.#out = [];
    this.#transport.traffic.length = 0;
    const fields = this.#run(verb, words);
    if (this.#device === undefined) return { step, ...fields };
    return { step, out: this.#out, device: this.#traffic(), ...fields };
  }

  #traffic(): string[] {
    return this.#transport.traffic.map(({ kind, type, reportNumber, data }) => {
      const rtype = { feature: 0, output: 1, input: 2 }[type];
      if (kind === 'output') return `output rtype=${rtype} ${toHex(data)}`;
      const head = `${kind}_report rnum=${reportNumber} rtype=${rtype}`;
      return kind === 'get' ? head : `${head} ${toHex(data)}`;
    });
  }

  #run(verb: string, words: readonly string[]): Record<string, unknown> {
    const hex = words.join('');
    switch (verb) {
      case 'in':
        this.#hid.inputReport('input', this.#bytes(hex));
        if (this.#settle > 0n) this.#simulation.kernel.clock.advance(this.#settle);
        return {};
      case 'write':
        return { result: hidrawWrite(this.#hid, this.#bytes(hex), HIDRAW_SOURCE) };
      case 'gf':
      case 'gi':
      case 'go':
        return this.#get(verb, words);
      case 'sf':
      case 'si':
      case 'so': {
        const data = this.#bytes(hex);
        return { result: hidrawSend(this.#hid, data, typeOf(verb), HIDRAW_SOURCE), data: toHex(data) };
      }
      case 'reply':
        this.#transport.replies.set(
          numberOf(words[0], 'report number'),
          (words[1] ?? '').startsWith('-') ? Number(words[1]) : this.#bytes(words.slice(1).join('')),
        );
        return {};
      case 'run':
        return this.#program(words[0], words.slice(1).join(''));
      case 'run2':
        return this.#rawProgram(words);
      case 'settle':
        this.#settle = BigInt(numberOf(words[0], 'milliseconds')) * MILLISECOND;
        return {};
      case 'advance':
        this.#simulation.kernel.clock.advance(BigInt(numberOf(words[0], 'milliseconds')) * MILLISECOND);
        return {};
      case 'pause':
        this.#detach();
        this.#loaded.close();
        return {};
      case 'resume':
        this.#loaded = this.#load();
        this.#attach();
        return {};
      case 'attach':
        this.#attach(words[0]);
        return {};
      case 'detach':
        this.#detach();
        return {};
      case 'rdesc':
        return { rdesc: this.#hid.isBound ? toHex(this.#hid.descriptor) : null };
      case 'names':
        this.#simulation.hidBpf?.readBack(this.#hid);
        return { result: [this.#hid.name, this.#hid.phys, this.#hid.uniq].join('|') };
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
    const result = hidrawGet(this.#hid, data, typeOf(verb), HIDRAW_SOURCE);
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
      cpus: this.#simulation.kernel.cpus,
      maps: maps.map((map) => {
        const { name } = map;
        const object = this.#kernelMap(loaded.mapFd(name));
        const { type, keySize, valueSize, maxEntries, flags } = object;
        return { name, type, keySize, valueSize, maxEntries, flags, ...this.#contents(object, name) };
      }),
    };
  }

  #kernelMap(fd: number): BpfMap {
    const content = this.#simulation.task.fds.get(fd)?.content;
    if (content?.kind !== 'map') throw new EngineError('usage', `descriptor ${fd} is no map`);
    return content.map;
  }

  #contents(map: BpfMap, name: string): Record<string, unknown> {
    if (map instanceof RingbufMap) return { records: map.pending.map((record) => toHex(record)) };
    if (map instanceof QueueMap) return { drained: map.values.map((value) => toHex(value)) };
    const elements = [...this.#loaded.mapEntries(name)].map(
      ([key, value]) => [toHex(key), toHex(value)] as const,
    );
    const hashed: readonly number[] = [
      MapType.HASH,
      MapType.LRU_HASH,
      MapType.PERCPU_HASH,
      MapType.LRU_PERCPU_HASH,
    ];
    return {
      elements: hashed.includes(map.type)
        ? elements.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
        : elements,
    };
  }
}

function typeOf(verb: string): ReportType {
  const index = { i: 0, o: 1, f: 2 }[verb[1] ?? ''] ?? 0;
  return REPORT_TYPES[index] ?? 'input';
}
