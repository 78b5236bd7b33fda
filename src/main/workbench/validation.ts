import * as v from 'valibot';
import { type MethodName, type Params } from '../../preload/contract/index.ts';

/*
 * One schema a method: nothing that comes over the wire reaches a handler unchecked. Limits keep a
 * faulty or hostile client from making the process run out of memory.
 */

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const u16 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
const bytes = v.instance(Uint8Array);
const text = v.pipe(v.string(), v.maxLength(16 * 1024 * 1024));
const shortText = v.pipe(v.string(), v.maxLength(2000));
const kernel = v.pipe(
  v.string(),
  v.regex(/^([0-9]+\.[0-9]+|host)$/, 'a kernel version such as 6.12, or host'),
);
const engine = v.picklist(['interpreter', 'jit']);
/** A project's file lies in its own flat folder: no way out of it. */
const path = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}$/,
    'a plain file name of letters, digits, dot, plus, minus and underscore',
  ),
);
const nothing = v.strictObject({});
const project = v.strictObject({ projectId: id });
const session = v.strictObject({ sessionId: id });

type Schemas = { readonly [M in MethodName]: v.GenericSchema<unknown, Params<M>> };

export const SCHEMAS: Schemas = {
  'app.info': nothing,
  'settings.get': nothing,
  'settings.set': v.strictObject({
    settings: v.strictObject({
      theme: v.exactOptional(v.picklist(['system', 'light', 'dark'])),
      kernel: v.exactOptional(kernel),
      engine: v.exactOptional(engine),
      compilerPath: v.exactOptional(v.pipe(v.string(), v.maxLength(4096))),
    }),
  }),
  'project.list': nothing,
  'project.templates': nothing,
  'project.create': v.strictObject({ templateId: id, name }),
  'project.import': v.strictObject({
    name,
    files: v.pipe(v.array(v.strictObject({ path, bytes })), v.minLength(1), v.maxLength(50)),
  }),
  'project.open': project,
  'project.rename': v.strictObject({ projectId: id, name }),
  'project.delete': project,
  'project.restore': project,
  'project.save': v.strictObject({ projectId: id, file: v.strictObject({ path, text }) }),
  'project.build': project,
  'project.verify': v.strictObject({
    projectId: id,
    kernel: v.exactOptional(kernel),
    jobId: v.exactOptional(id),
  }),
  'project.object': project,
  'device.list': nothing,
  'device.open': v.strictObject({ deviceId: id }),
  'device.create': v.strictObject({ name, bus: u16, vendor: u16, product: u16, descriptor: bytes }),
  'device.delete': v.strictObject({ deviceId: id }),
  'device.play': v.strictObject({
    jobId: id,
    deviceId: id,
    projectId: v.exactOptional(id),
    keyboard: v.boolean(),
  }),
  'live.open': v.strictObject({ deviceId: id }),
  'live.close': v.strictObject({ deviceId: id }),
  'live.state': nothing,
  'live.record': v.strictObject({ name }),
  'live.stop': nothing,
  'session.list': nothing,
  'session.import': v.strictObject({ jobId: id, name, bytes, projectId: v.exactOptional(id) }),
  'session.open': session,
  'session.rename': v.strictObject({ sessionId: id, name }),
  'session.save': v.strictObject({ sessionId: id, name }),
  'session.delete': session,
  'session.restore': session,
  'session.rows': v.strictObject({
    sessionId: id,
    filter: shortText,
    from: count,
    count: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000)),
  }),
  'session.find': v.strictObject({
    sessionId: id,
    filter: shortText,
    index: v.pipe(v.number(), v.integer(), v.minValue(-1)),
    direction: v.picklist([1, -1]),
    what: v.picklist(['changed', 'any']),
  }),
  'session.report': v.strictObject({ sessionId: id, index: count }),
  'session.timeline': v.strictObject({
    sessionId: id,
    buckets: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)),
    fields: v.pipe(v.array(shortText), v.maxLength(16)),
    start: v.exactOptional(v.number()),
    end: v.exactOptional(v.number()),
  }),
  'session.export': v.strictObject({ sessionId: id, side: v.picklist(['before', 'after', 'both']) }),
  'kernel.attach': v.strictObject({
    jobId: id,
    projectId: id,
    deviceId: id,
    kernel: v.exactOptional(kernel),
  }),
  'kernel.detach': nothing,
  'kernel.replay': v.strictObject({
    jobId: id,
    projectId: id,
    sessionId: id,
    kernel: v.exactOptional(kernel),
    engine: v.exactOptional(engine),
  }),
  'kernel.state': nothing,
  'kernel.trace': v.strictObject({
    from: count,
    count: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000)),
  }),
  'debug.open': v.strictObject({
    jobId: id,
    projectId: id,
    sessionId: id,
    index: count,
    kernel: v.exactOptional(kernel),
  }),
  'debug.moment': v.strictObject({ run: count, step: count }),
  'debug.find': v.strictObject({
    run: count,
    step: count,
    direction: v.picklist([1, -1]),
    goal: v.picklist(['into', 'over', 'out', 'line', 'breakpoint', 'call', 'write']),
    breakpoints: v.pipe(v.array(v.strictObject({ file: shortText, line: count })), v.maxLength(1000)),
    address: v.exactOptional(v.bigint()),
  }),
  'debug.close': nothing,
  'skeleton.export': v.strictObject({ projectId: id, name: v.exactOptional(name), standalone: v.boolean() }),
  'skeleton.bundle': v.strictObject({ projectId: id, name: v.exactOptional(name) }),
  'skeleton.run': v.strictObject({ projectId: id, kernel: v.exactOptional(kernel) }),
  'job.cancel': v.strictObject({ jobId: id }),
};
