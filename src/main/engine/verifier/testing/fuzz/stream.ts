import { BtfKind, type Btf } from '../../../btf/index.ts';
import { sharedPath } from '../../../testing/shared.ts';
import { oldstyleProgram, readOldstyle } from '../oldstyle.ts';
import { FuzzGenerator } from './generator.ts';
import { isSendable, mutate } from './mutate.ts';
import { type FuzzProgram } from './program.ts';

/** Members of hid_bpf_ops that programs are made for. */
const HOOKS = ['hid_device_event', 'hid_rdesc_fixup', 'hid_hw_request', 'hid_hw_output_report'];

export interface StreamOptions {
  /** Types of the kernel that is asked. */
  readonly btf: Btf;
  /** It has HID-BPF. */
  readonly hasHid: boolean;
  /** Names of kfuncs that may be called: programs that call others are not sent. */
  readonly kfuncs: readonly string[];
}

/** Programs one after the other, made up and mutated, some of them from the shared collection: the same seed, the same programs. */
export class FuzzStream {
  readonly #generator: FuzzGenerator;
  readonly #corpus: readonly FuzzProgram[];
  readonly #kfuncs: ReadonlySet<number>;

  constructor(seed: number, { btf, hasHid, kfuncs }: StreamOptions) {
    const names = hasHid ? [...kfuncs, 'hid_bpf_get_data'] : kfuncs;
    const ids = names.map((name) => btf.findByNameKind(name, BtfKind.FUNC));
    this.#kfuncs = new Set(ids.filter((id) => id !== undefined));
    const path = sharedPath('data/verifier/oldstyle.jsonl');
    this.#corpus = path === undefined ? [] : readOldstyle(path).map(oldstyleProgram);
    this.#generator = new FuzzGenerator(seed, {
      kernelBtf: btf,
      ...(hasHid ? { structOps: { type: 'hid_bpf_ops', members: HOOKS } } : {}),
    });
  }

  /** The next one, or undefined in place of one that must not be sent to a real kernel. */
  next(): FuzzProgram | undefined {
    const { random } = this.#generator;
    const isKnown = this.#corpus.length > 0 && random.once(12);
    const program = isKnown ? random.pick(this.#corpus) : this.#generator.program();
    const changes = random.once(6) || isKnown;
    const insns = changes ? mutate(random, program.insns) : program.insns;
    return isSendable(insns, this.#kfuncs) ? { ...program, insns } : undefined;
  }
}
