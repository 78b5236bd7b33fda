import { type Id } from '../../../preload/contract/index.ts';

export interface ByteRange {
  /** First byte of the report. */
  readonly from: number;
  /** One after the last. */
  readonly to: number;
}

/** The bytes of the field that a chosen byte belongs to: it lights up whole. The choice itself where it is in none. */
export function rangeOfField(
  fields: readonly { readonly offset: number; readonly size: number }[],
  chosen: ByteRange,
): ByteRange {
  const field = fields.find(({ offset, size }) => chosen.from >= offset && chosen.from < offset + size);
  return field === undefined ? chosen : { from: field.offset, to: field.offset + field.size };
}

export interface SourceLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** The one selection that every pane shows and can set. */
export class Selection {
  sessionId = $state<Id>();
  /** Position of the report in its session. */
  index = $state<number>();
  /** Key of a report field (FieldLayout.key). */
  field = $state<string>();
  bytes = $state.raw<ByteRange>();
  program = $state<string>();
  /** Instruction slot in `program`. */
  instruction = $state<number>();
  source = $state.raw<SourceLine>();

  /** A report. Field and bytes stay, so that one field can be followed from report to report. */
  selectReport(sessionId: Id, index: number): void {
    if (this.sessionId !== sessionId) this.clearBytes();
    this.sessionId = sessionId;
    this.index = index;
  }

  selectField(key: string, bytes: ByteRange): void {
    this.field = key;
    this.bytes = bytes;
  }

  selectBytes(bytes: ByteRange): void {
    this.field = undefined;
    this.bytes = bytes;
  }

  clearBytes(): void {
    this.field = undefined;
    this.bytes = undefined;
  }

  selectSource(source: SourceLine): void {
    this.source = source;
  }

  selectInstruction(program: string, instruction: number, source: SourceLine | undefined): void {
    this.program = program;
    this.instruction = instruction;
    if (source !== undefined) this.source = source;
  }
}
