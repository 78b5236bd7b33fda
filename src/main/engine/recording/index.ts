export { EventLog } from './event-log.ts';
export {
  type Recording,
  type RecordingDevice,
  type RecordingFormat,
  type RecordingNote,
  type RecordingProblem,
} from './types.ts';
