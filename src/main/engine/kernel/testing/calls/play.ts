import {
  AttachType,
  BpfCmd,
  ElemFlag,
  MapFlag,
  MapType,
  ProgFlag,
  ProgType,
  UserMemory,
  attrFields,
  attrValue,
  errnoName,
  type AttrField,
} from '../../../abi/index.ts';
import { EngineError, cString, concatBytes, decodeUtf8, toHex, viewOf } from '../../../base/index.ts';
import { BtfKind, type Btf } from '../../../btf/index.ts';
import { assemble, encodeInsns } from '../../../isa/index.ts';
import { hasCapability, type CapabilitySet } from '../../capabilities.ts';
import { btfFromText } from './btf-text.ts';
import type { CallField, CallSection, CallStep, CallValue } from './parse.ts';
import { SHAPES, type ShownField } from './shapes.ts';
import type { CallTarget } from './targets.ts';

/** Constants that a field's words may name. */
const CONSTANTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  map_type: MapType,
  prog_type: ProgType,
  attach_type: AttachType,
  expected_attach_type: AttachType,
  map_flags: MapFlag,
  file_flags: MapFlag,
  open_flags: MapFlag,
  prog_flags: ProgFlag,
  elem_flags: ElemFlag,
};
/** Attribute fields that hold an id after the call, by command. */
const IDS: ReadonlyMap<number, string> = new Map<number, string>([
  [BpfCmd.PROG_GET_NEXT_ID, 'prog'],
  [BpfCmd.MAP_GET_NEXT_ID, 'map'],
  [BpfCmd.BTF_GET_NEXT_ID, 'btf'],
  [BpfCmd.LINK_GET_NEXT_ID, 'link'],
]);
/** Commands whose result is a descriptor. */
const GIVES_FD: ReadonlySet<number> = new Set<number>([
  BpfCmd.MAP_CREATE,
  BpfCmd.PROG_LOAD,
  BpfCmd.OBJ_GET,
  BpfCmd.PROG_GET_FD_BY_ID,
  BpfCmd.MAP_GET_FD_BY_ID,
  BpfCmd.RAW_TRACEPOINT_OPEN,
  BpfCmd.BTF_LOAD,
  BpfCmd.BTF_GET_FD_BY_ID,
  BpfCmd.LINK_CREATE,
  BpfCmd.LINK_GET_FD_BY_ID,
  BpfCmd.ENABLE_STATS,
  BpfCmd.ITER_CREATE,
  BpfCmd.TOKEN_CREATE,
]);
/** What fills a buffer before the call, so that a written zero is seen. */
const FILLER = 0xcc;
/** A descriptor that no process here ever has. */
const CLOSED_FD = 999;
/** An address where no process has memory. */
const BAD_ADDRESS = 0x1000n;

interface Buffer {
  readonly label: string;
  readonly shape: string;
  readonly address: bigint;
  readonly before: Uint8Array;
  readonly children: readonly Buffer[];
}

/** Plays lists of calls on one kernel and writes down what it answers. */
export class CallPlayer {
  readonly #target: CallTarget;
  readonly #kernel: number;
  readonly #vmlinux: Btf;
  readonly #memory = new UserMemory();
  readonly #results = new Map<string, number>();
  readonly #ids = new Map<string, Map<number, number>>();
  readonly #open = new Set<number>();
  readonly #paths: (() => void)[] = [];

  /** `kernel` is KernelProfile.code; `vmlinux` the BTF in which `vmlinux.NAME` is looked up. */
  constructor(target: CallTarget, kernel: number, vmlinux: Btf) {
    this.#target = target;
    this.#kernel = kernel;
    this.#vmlinux = vmlinux;
  }

  /** The transcript: each step's line and, below it, what came back. */
  play(sections: readonly CallSection[]): string {
    return sections.map((section) => this.#section(section)).join('\n');
  }

  #section(section: CallSection): string {
    const lines = [`## ${section.title}`];
    for (const step of section.steps) {
      this.#memory.reset();
      try {
        lines.push(step.text, ...this.#step(step).map((line) => `    ${line}`));
      } catch (error) {
        throw new EngineError('parse', `calls, line ${step.line}: ${(error as Error).message}`);
      }
    }
    this.#target.setCapabilities('root');
    for (const fd of this.#open) this.#target.close(fd);
    this.#open.clear();
    for (const remove of this.#paths.splice(0).reverse()) remove();
    this.#results.clear();
    return `${lines.join('\n')}\n`;
  }

  #step(step: CallStep): string[] {
    const cmd = (BpfCmd as Readonly<Record<string, number>>)[step.verb];
    if (cmd !== undefined) return this.#bpf(step, cmd);
    if (step.verb === 'bpf') return this.#bpf(step, Number((step.values[0] as { text: string }).text));
    return this.#other(step);
  }

  #other(step: CallStep): string[] {
    const target = this.#target;
    const [first] = step.values;
    const text = first?.kind === 'text' || first?.kind === 'word' ? first.text : '';
    switch (step.verb) {
      case 'close': {
        const fd = this.#number(first);
        this.#open.delete(fd);
        return [resultText(target.close(fd))];
      }
      case 'dup':
        return [this.#gives(step, target.dup(this.#number(first)))];
      case 'open':
        return [this.#gives(step, target.open(text))];
      case 'mkdir':
        this.#paths.push(() => void target.rmdir(text));
        return [resultText(target.mkdir(text))];
      case 'unlink':
        return [resultText(target.unlink(text))];
      case 'rmdir':
        return [resultText(target.rmdir(text))];
      case 'caps':
        target.setCapabilities(text as CapabilitySet);
        return hasCapability(text as CapabilitySet, 'bpf') ? [] : ['(no capability)'];
      case 'read': {
        const { result, bytes } = target.read(this.#number(first), this.#number(step.values[1]));
        return [resultText(result), ...textLines(decodeUtf8(bytes))];
      }
      default:
        throw new EngineError('parse', `unknown verb ${step.verb}`);
    }
  }

  #gives(step: CallStep, result: number): string {
    if (result >= 0) this.#open.add(result);
    if (step.name !== undefined) this.#results.set(step.name, result);
    return result >= 0 ? '= fd' : resultText(result);
  }

  #bpf(step: CallStep, cmd: number): string[] {
    const fields = attrFields(cmd, this.#kernel);
    const attr = new Uint8Array(this.#attrSize(step, fields));
    const buffers: Buffer[] = [];
    for (const { name, value } of step.fields) {
      if (name === 'size') continue;
      const entry = fields.find((each) => each.name === name) ?? rawField(name);
      if (entry === undefined) throw new EngineError('parse', `${step.verb} has no field ${name}`);
      this.#put(attr, entry, value, buffers, fields);
    }
    const before = attr.slice();
    const result = this.#target.bpf(cmd, attr, this.#memory);
    this.#rememberPin(step, cmd, result);
    const first = GIVES_FD.has(cmd) ? this.#gives(step, result) : resultText(result);
    return [
      first,
      ...this.#changedFields(cmd, before, attr, step),
      ...buffers.flatMap((buffer) => this.#shown(buffer)),
    ];
  }

  /** The whole command unless `size=` says otherwise. */
  #attrSize(step: CallStep, fields: readonly AttrField[]): number {
    const size = step.fields.find(({ name }) => name === 'size')?.value;
    if (size?.kind === 'word') return Number(size.text);
    return fields.reduce((end, entry) => Math.max(end, entry.offset + entry.size), 8);
  }

  #rememberPin(step: CallStep, cmd: number, result: number): void {
    const path = step.fields.find(({ name }) => name === 'pathname')?.value;
    if (cmd === BpfCmd.OBJ_PIN && result === 0 && path?.kind === 'text') {
      this.#paths.push(() => void this.#target.unlink(path.text));
    }
  }

  #put(
    attr: Uint8Array,
    entry: AttrField,
    value: CallValue,
    buffers: Buffer[],
    fields: readonly AttrField[],
  ): void {
    if (entry.kind === 'name' && value.kind === 'text') {
      for (let i = 0; i < Math.min(16, value.text.length); i++)
        attr[entry.offset + i] = value.text.charCodeAt(i);
      return;
    }
    const { number, counts } = this.#encode(entry.name, value, buffers);
    store(attr, entry, number);
    if (counts === undefined) return;
    const counter = fields.find((each) => each.name === { insns: 'insn_cnt', btf: 'btf_size' }[entry.name]);
    if (counter === undefined || counter.offset + counter.size > attr.length) return;
    if (viewOf(attr).getUint32(counter.offset, true) === 0) store(attr, counter, BigInt(counts));
  }

  #encode(name: string, value: CallValue, buffers: Buffer[]): { number: bigint; counts?: number } {
    switch (value.kind) {
      case 'word':
        return { number: this.#word(name, value.text) };
      case 'result':
        return { number: BigInt(this.#result(value.name)) };
      case 'text':
        return { number: this.#memory.putString(value.text) };
      case 'bytes':
        return { number: this.#memory.put(this.#bytes(value.words)) };
      case 'program': {
        const insns = assemble(this.#resolve(value.text).replaceAll(';', '\n'));
        return { number: this.#memory.put(encodeInsns(insns)), counts: insns.length };
      }
      case 'btf': {
        const bytes = btfFromText(value.text);
        return { number: this.#memory.put(bytes), counts: bytes.length };
      }
      case 'buffer': {
        const buffer = this.#buffer(name, value);
        buffers.push(buffer);
        return { number: buffer.address };
      }
    }
  }

  /** `$name` and `@function` inside a program. */
  #resolve(text: string): string {
    return text
      .replace(/\$(\w+)/g, (_match, name: string) => String(this.#programFd(name)))
      .replace(/@(\w+)/g, (_match, name: string) => String(this.#typeId(name, BtfKind.FUNC)));
  }

  /** Instructions can name no negative descriptor: a step that failed stands for one that is not open. */
  #programFd(name: string): number {
    const fd = this.#result(name);
    return fd < 0 ? CLOSED_FD : fd;
  }

  #bytes(words: readonly string[]): Uint8Array {
    return concatBytes(
      words.map((word) => {
        if (!word.startsWith('$')) return Uint8Array.of(Number.parseInt(word, 16));
        const four = new Uint8Array(4);
        viewOf(four).setInt32(0, this.#result(word.slice(1)), true);
        return four;
      }),
    );
  }

  #buffer(label: string, value: Extract<CallValue, { kind: 'buffer' }>): Buffer {
    const shape = SHAPES[value.shape];
    const before = new Uint8Array(value.size).fill(shape === undefined ? FILLER : 0);
    const children: Buffer[] = [];
    for (const field of value.fields) this.#putInfo(before, shape ?? [], field, children);
    const address = this.#memory.put(before);
    return { label, shape: value.shape, address, before, children };
  }

  #putInfo(bytes: Uint8Array, shape: readonly ShownField[], field: CallField, children: Buffer[]): void {
    const entry = shape.find((each) => each.name === field.name) ?? rawField(field.name);
    if (entry === undefined) throw new EngineError('parse', `the struct has no field ${field.name}`);
    store(bytes, entry, this.#encode(field.name, field.value, children).number);
  }

  #word(name: string, text: string): bigint {
    const table = CONSTANTS[name] ?? (name === 'flags' ? { ...ElemFlag } : {});
    return text.split('|').reduce((sum, word) => sum | this.#constant(table, word), 0n);
  }

  #constant(table: Readonly<Record<string, number>>, word: string): bigint {
    if (table[word] !== undefined) return BigInt(table[word]);
    if (word === 'BAD') return BAD_ADDRESS;
    if (word === 'PID') return BigInt(this.#target.pid);
    const type = /^vmlinux\.(\w+)\.(\w+)$/.exec(word);
    if (type !== null) {
      const kind = (BtfKind as Readonly<Record<string, BtfKind>>)[type[1] as string];
      return BigInt(this.#typeId(type[2] as string, kind as BtfKind));
    }
    return word.startsWith('-') ? -BigInt(word.slice(1)) : BigInt(word);
  }

  #typeId(name: string, kind: BtfKind): number {
    const id = this.#vmlinux.findByNameKind(name, kind);
    if (id === undefined) throw new EngineError('parse', `vmlinux has no ${name}`);
    return id;
  }

  #result(name: string): number {
    const result = this.#results.get(name);
    if (result === undefined) throw new EngineError('parse', `no step before is called ${name}`);
    return result;
  }

  #number(value: CallValue | undefined): number {
    if (value === undefined) return 0;
    return Number(this.#encode('', value, []).number);
  }

  #changedFields(cmd: number, before: Uint8Array, after: Uint8Array, step: CallStep): string[] {
    return attrFields(cmd, this.#kernel)
      .filter((entry) => entry.offset + entry.size <= after.length && entry.name !== 'duration')
      .filter((entry) => attrValue(before, entry) !== attrValue(after, entry))
      .map((entry) => {
        const value = attrValue(after, entry);
        const kind = entry.name === 'prog_id' ? 'prog' : entry.name === 'next_id' ? IDS.get(cmd) : undefined;
        if (kind !== undefined && step.name !== undefined) this.#results.set(step.name, Number(value));
        return `${entry.name}=${kind === undefined ? String(value) : this.#idText(kind, Number(value))}`;
      });
  }

  /** Ids by the order in which they are first seen; 0 is none, and the kernel's own BTF is 1 on every kernel. */
  #idText(kind: string, id: number): string {
    if (id === 0) return '0';
    if (kind === 'btf' && id === 1) return 'vmlinux';
    const table = this.#ids.get(kind) ?? new Map<number, number>();
    this.#ids.set(kind, table);
    if (!table.has(id)) table.set(id, table.size + 1);
    return `${kind}#${table.get(id)}`;
  }

  #shown(buffer: Buffer): string[] {
    const after = this.#memory.read(buffer.address, buffer.before.length) as Uint8Array;
    const children = buffer.children.flatMap((child) => this.#shown(child));
    const shape = SHAPES[buffer.shape];
    if (shape !== undefined) return [...this.#structLines(shape, buffer, after), ...children];
    if (after.every((byte, i) => byte === buffer.before[i])) return children;
    if (buffer.shape === 'log') return textLines(cString(after));
    if (buffer.shape === 'present') return [`${buffer.label}: written`];
    return [`${buffer.label}: ${toHex(after)}`];
  }

  #structLines(shape: readonly ShownField[], buffer: Buffer, after: Uint8Array): string[] {
    const texts = shape
      .filter((field) => field.offset + field.size <= after.length && field.as !== 'pointer')
      .map((field) => ({ name: field.name, text: this.#fieldText(field, after) }))
      .filter(({ text }) => text !== '0' && text !== '');
    return texts.length === 0
      ? []
      : [`${buffer.label}: ${texts.map(({ name, text }) => `${name}=${text}`).join(' ')}`];
  }

  #fieldText(field: ShownField, bytes: Uint8Array): string {
    const part = bytes.subarray(field.offset, field.offset + field.size);
    const view = viewOf(part);
    switch (field.as) {
      case 'name':
        return cString(part);
      case 'hex':
        return toHex(part);
      case 'u64':
        return String(view.getBigUint64(0, true));
      case 'present':
        return part.some((byte) => byte !== 0) ? 'yes' : '0';
      case 'u32':
      case 'pointer':
        return String(view.getUint32(0, true));
      default:
        return this.#idText(field.as.slice(3), view.getUint32(0, true));
    }
  }
}

/** `@76` is the four bytes at 76, whatever lies there. */
function rawField(name: string): AttrField | undefined {
  const raw = /^@(\d+)$/.exec(name);
  if (raw === null) return undefined;
  return { name, offset: Number(raw[1]), size: 4, kind: 'hex', since: 0 };
}

function store(
  bytes: Uint8Array,
  entry: { readonly offset: number; readonly size: number },
  value: bigint,
): void {
  if (entry.offset + entry.size > bytes.length) return;
  const view = viewOf(bytes);
  if (entry.size === 8) view.setBigUint64(entry.offset, BigInt.asUintN(64, value), true);
  else view.setUint32(entry.offset, Number(BigInt.asUintN(32, value)), true);
}

function resultText(result: number): string {
  return result < 0 ? `= -${errnoName(result)}` : `= ${result}`;
}

function textLines(text: string): string[] {
  return text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `| ${line}`);
}
