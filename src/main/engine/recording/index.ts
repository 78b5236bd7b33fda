export { EventLog } from './event-log.ts';
export { detectFormat } from './detect.ts';
export { parseHexDescriptor } from './descriptor-text.ts';
export { RecordingParser, parseRecording } from './parse.ts';
export { eventLine, recordingText, writeRecording, type WriteOptions } from './write.ts';
export {
  DROPPED_MARK,
  type Recording,
  type RecordingDevice,
  type RecordingFormat,
  type RecordingNote,
  type RecordingProblem,
} from './types.ts';
