import { type TraceRow, type Transport } from '../../../preload/contract/index.ts';
import { PagedRows } from './paged-rows.svelte.ts';

/** The kernel's trace of calls and the one that is looked at. */
export class KernelTrace {
  readonly rows: PagedRows<TraceRow>;
  position = $state<number>();
  readonly selected = $derived<TraceRow | undefined>(
    this.position === undefined ? undefined : this.rowAt(this.position),
  );

  constructor(transport: Transport) {
    this.rows = new PagedRows((from, count) => transport.call('kernel.trace', { from, count }));
  }

  rowAt(position: number): TraceRow | undefined {
    return this.rows.row(position);
  }

  async reload(): Promise<void> {
    await this.rows.reload();
    if (this.position !== undefined && this.position >= this.rows.total) this.position = undefined;
  }

  async select(position: number): Promise<void> {
    this.position = position;
    await this.rows.at(position);
  }
}
