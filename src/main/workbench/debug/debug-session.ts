import { EngineError } from '../../engine/base/index.ts';
import { type RunTrace, RunTracer } from '../../engine/vm/index.ts';
import {
  type DebugMomentView,
  type DebugRunView,
  type Params,
  type Result,
} from '../../../preload/contract/index.ts';
import { type Job } from '../jobs.ts';
import { type SessionData } from '../sessions/session-data.ts';
import { type Attachment } from '../simulation/attach.ts';
import { type DeviceReplay } from '../simulation/replay.ts';
import { replaysOf } from '../simulation/session-replay.ts';
import { DebugViews } from './debug-view.ts';
import { findMoment } from './find.ts';

/** A report that was sent through a driver with every step of its programs kept. */
export class DebugSession {
  readonly before: Uint8Array;
  readonly after: readonly Uint8Array[];
  /** What the kernel and the programs said for this report. */
  readonly notes: readonly string[];
  readonly #traces: readonly RunTrace[];
  readonly #views: DebugViews;

  private constructor(attachment: Attachment, replay: DeviceReplay, before: Uint8Array) {
    const { simulation } = attachment;
    const warned = simulation.warnings.length;
    const logged = simulation.logLines().length;
    const tracer = new RunTracer(simulation.kernel.runtime.machine);
    tracer.during(() => replay.deliver(before));
    this.before = before;
    this.after = replay.finish();
    this.notes = [
      ...simulation.warnings.slice(warned).map(({ message }) => message),
      ...simulation.logLines().slice(logged),
    ];
    this.#traces = tracer.traces;
    this.#views = new DebugViews(simulation.kernel);
  }

  /**
   * Sends a session's reports up to the one at `index` through an attached driver, as a replay does, and traces what runs for
   * that one. Timers that it starts run later and are not traced. Throws `usage` if the device did not send that report.
   */
  static async open(
    data: SessionData,
    attachment: Attachment,
    index: number,
    job: Job,
  ): Promise<DebugSession> {
    const replays = replaysOf(data, attachment);
    for (let at = 0; at <= index;) {
      const chunk = data.reader.chunkOf(at);
      if (chunk === undefined) break;
      const end = Math.min(index, chunk.first + chunk.count - 1);
      for (; at <= end; at++) {
        const report = chunk.report(at - chunk.first);
        const replay = replays.get(report.device);
        if (replay === undefined || report.verdict === 'injected') continue;
        replay.advance(report.timeMicroseconds);
        if (at === index) return new DebugSession(attachment, replay, report.before);
        replay.deliver(report.before);
        if (job.due) await job.breathe(at, index);
      }
    }
    throw new EngineError(
      'usage',
      `no device sent report ${index} of this session: debug one that came in, not one that a driver made`,
    );
  }

  get runs(): DebugRunView[] {
    return this.#traces.map((trace) => this.#views.run(trace));
  }

  moment(run: number, step: number): DebugMomentView {
    const trace = this.#trace(run);
    return this.#views.moment(run, trace, Math.min(step, trace.steps));
  }

  find({ run, step, direction, goal, breakpoints, address }: Params<'debug.find'>): Result<'debug.find'> {
    const trace = this.#trace(run);
    return findMoment(trace, {
      from: Math.min(step, trace.steps),
      direction,
      goal,
      breakpoints,
      watched: trace.regions.find((region) => region.address === address),
    });
  }

  #trace(run: number): RunTrace {
    const trace = this.#traces[run];
    if (trace === undefined) throw new EngineError('usage', `this report has no run ${run}`);
    return trace;
  }
}
