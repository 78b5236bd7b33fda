import { ProgType } from '../../abi/index.ts';

/** What decides whether two programs may stand in for each other (__bpf_prog_map_compatible). */
export interface ProgOwner {
  readonly type: number;
  readonly attachType: number;
  /** FUNC_PROTO that TRACING, LSM, EXT and STRUCT_OPS programs attach to: their context's meaning. */
  readonly attachKey: string;
}

const BY_PROTO: readonly number[] = [ProgType.TRACING, ProgType.LSM, ProgType.EXT, ProgType.STRUCT_OPS];

/** Who may use or fill a map that contains programs (map_type_contains_progs()): the first to do so decides. */
export class MapOwner {
  readonly #comparesAttachType: boolean;
  #first: ProgOwner | undefined;

  /** `comparesAttachType`: programs call each other through the map, so that what they are attached to counts. */
  constructor(comparesAttachType: boolean) {
    this.#comparesAttachType = comparesAttachType;
  }

  /** Type of the deciding program, 0 while there is none. */
  get type(): number {
    return this.#first?.type ?? 0;
  }

  /** bpf_prog_map_compatible(). */
  accepts(owner: ProgOwner): boolean {
    const first = (this.#first ??= owner);
    if (first.type !== owner.type) return false;
    if (this.#comparesAttachType && first.attachType !== owner.attachType) return false;
    return !BY_PROTO.includes(owner.type) || first.attachKey === owner.attachKey;
  }
}
