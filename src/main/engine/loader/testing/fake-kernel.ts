import {
  ATTR_FIELDS,
  BpfCmd,
  attrValue,
  cmdName,
  type BpfSyscalls,
  type CallerMemory,
} from '../../abi/index.ts';

/** One bpf(2) command as a fake kernel saw it. */
export interface Call {
  readonly cmd: string;
  readonly fields: Record<string, number | bigint | string>;
  /** Code of a PROG_LOAD. */
  readonly insns: Uint8Array;
  /** Key and value of an element command, as long as the caller's memory has them. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Commands whose result is a descriptor. */
const OPENING: readonly number[] = [
  BpfCmd.BTF_LOAD,
  BpfCmd.MAP_CREATE,
  BpfCmd.PROG_LOAD,
  BpfCmd.LINK_CREATE,
  BpfCmd.RAW_TRACEPOINT_OPEN,
  BpfCmd.BTF_GET_FD_BY_ID,
];

/** A door that says yes to everything, or `answer` to some calls, and knows what is open. */
export class FakeKernel implements BpfSyscalls {
  readonly calls: Call[] = [];
  readonly open = new Set<number>();
  readonly #sizes = new Map<number, { key: number; value: number }>();
  readonly #answer: (cmd: number, index: number) => number | undefined;
  #next = 3;

  constructor(answer: (cmd: number, index: number) => number | undefined = () => undefined) {
    this.#answer = answer;
  }

  /** Calls of one command. */
  of(cmd: string): Call[] {
    return this.calls.filter((call) => call.cmd === cmd);
  }

  bpf(cmd: number, attr: Uint8Array, memory: CallerMemory): number {
    const fields: Call['fields'] = {};
    for (const field of ATTR_FIELDS.get(cmd) ?? []) {
      if (field.offset + field.size <= attr.length) fields[field.name] = attrValue(attr, field);
    }
    const bytes = (name: string, size: number): Uint8Array => {
      const address = fields[name];
      return typeof address === 'bigint' && size > 0
        ? (memory.read(address, size) ?? new Uint8Array())
        : new Uint8Array();
    };
    const sizes = this.#sizes.get(Number(fields['map_fd'] ?? -1));
    this.calls.push({
      cmd: cmdName(cmd).slice(4),
      fields,
      insns: bytes('insns', cmd === BpfCmd.PROG_LOAD ? Number(fields['insn_cnt']) * 8 : 0),
      key: bytes('key', sizes?.key ?? 0),
      value: bytes('value', sizes?.value ?? 0),
    });
    const answer = this.#answer(cmd, this.calls.length - 1);
    if (answer !== undefined) {
      const buffer = fields['log_buf'] ?? fields['btf_log_buf'];
      if (typeof buffer === 'bigint' && buffer !== 0n)
        memory.write(buffer, new TextEncoder().encode('why: not\n\0'));
      return answer;
    }
    // Nothing is pinned.
    if (cmd === BpfCmd.OBJ_GET) return -2;
    if (!OPENING.includes(cmd)) return 0;
    if (cmd === BpfCmd.MAP_CREATE) {
      this.#sizes.set(this.#next, { key: Number(fields['key_size']), value: Number(fields['value_size']) });
    }
    this.open.add(this.#next);
    return this.#next++;
  }

  close(fd: number): number {
    return this.open.delete(fd) ? 0 : -9;
  }
}
