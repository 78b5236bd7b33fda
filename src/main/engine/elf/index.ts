export {
  describeObject,
  type CoreDescription,
  type ExternDescription,
  type GlobalDescription,
  type MapDescription,
  type ObjectDescription,
  type ProgramDescription,
  type RelocationDescription,
  type SectionDescription,
  type StructOpsDescription,
} from './describe.ts';
export { deviceIds, type HidDeviceId } from './device-ids.ts';
export { formatValue } from './format-value.ts';
export { loaderError } from './loader-error.ts';
export { internalMapName, isMapInMap } from './maps.ts';
export { objectNameOf, parseObject } from './parse.ts';
export { parseSectionName, type SectionMeaning } from './section-names.ts';
export {
  type AutoAttach,
  type CodeRelocation,
  type CoreRelocationRecord,
  type ElfSection,
  type ElfSymbol,
  type ExternSpec,
  type FuncInfo,
  type FunctionSpec,
  type KconfigType,
  type LineInfo,
  type MapDefinition,
  type MapOrigin,
  type MapSlot,
  type MapSpec,
  type ObjectSpec,
  type ParseObjectOptions,
  type ProgramSpec,
  type StructOpsSlot,
  type StructOpsSpec,
} from './spec.ts';
