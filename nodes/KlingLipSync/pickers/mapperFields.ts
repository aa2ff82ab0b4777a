import type {
	ILoadOptionsFunctions,
	ResourceMapperField,
	ResourceMapperFields,
} from 'n8n-workflow';

import { TIMING_FIELDS } from '../task/audioTiming';
import { positionName, positionOf } from '../task/faceChoice';
import { timingFieldId } from '../task/faceMapping';
import { Problem } from '../task/problem';
import { isEmpty } from '../task/parseInput';
import { escapeHtml, faceTitle } from './faceDisplay';
import { panelFaces } from './facesOfTask';

/** How many faces are offered by position while the video is not known. */
const FACES_OF_ANY_VIDEO = 4;
/**
 * Up to which face settings are announced, see {@link announced}. Each costs five hidden fields in
 * the workflow.
 */
const MOST_ANNOUNCED = 6;
const NOT_IN_VIDEO = 'Not in this video';

/** A face as the mapper shows it: `#1` or its id, and its label. */
interface MapperFace {
	key: string;
	name: string;
	label: string;
}

/**
 * The faces as the fields of the mapper, each with its settings folded away. Where they can't be
 * found, a notice says what to do. What is mapped already stays in any case: the editor drops the
 * values of fields that are gone. Never throws: the panel would stay empty.
 */
export async function getFaces(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
	const isByPosition = this.getCurrentNodeParameter('matchFacesBy') === 'position';
	const { mappingMode, schema, mapped } = currentMapping(this);
	const faces = await mapperFaces(this, isByPosition);
	if (!(faces instanceof Problem)) {
		const fields = [...faces.flatMap(fieldsOf), ...announced(faces)];
		const known = new Set(faces.flatMap(fieldsOf).map(({ id }) => id));
		const stale = mapped.filter(({ id }) => !known.has(id)).map(asStale);
		const staleIds = new Set(stale.map(({ id }) => id));
		return { fields: [...fields.filter(({ id }) => !staleIds.has(id)), ...stale] };
	}
	if (mapped.length > 0) return { fields: schema };
	// Automatic mapping needs no list, and its panel has no 'Retry'.
	if (mappingMode === 'autoMapInputData' && !faces.details.taskId) return { fields: [] };
	const hint = faces.details.taskId ? faces.hint : `${faces.hint} Then press 'Retry' above.`;
	return { fields: [], emptyFieldsNotice: escapeHtml(`${faces.message}. ${hint}`) };
}

async function mapperFaces(
	context: ILoadOptionsFunctions,
	isByPosition: boolean,
): Promise<MapperFace[] | Problem> {
	const isUnknown = context.getCurrentNodeParameter('faceSource') === 'video';
	const faces = isUnknown ? [] : await panelFaces(context);
	if (faces instanceof Problem && !isByPosition) return faces;
	if (faces instanceof Problem || isUnknown) {
		return Array.from({ length: FACES_OF_ANY_VIDEO }, (_, index) => ({
			key: positionName(index + 1),
			name: `Face ${index + 1}`,
			label: `Face ${index + 1}`,
		}));
	}
	return faces.map((face, index) => ({
		key: isByPosition ? positionName(index + 1) : face.faceId,
		name: `Face ${index + 1}`,
		label: [faceTitle(face, index), ...(isByPosition ? [] : [`ID ${face.faceId}`])].join(' · '),
	}));
}

/** The fields that the editor has now, and those among them that have a value. */
function currentMapping(context: ILoadOptionsFunctions): {
	mappingMode?: string;
	schema: ResourceMapperField[];
	mapped: ResourceMapperField[];
} {
	const { mappingMode, schema, value } = (context.getCurrentNodeParameter('faces') ?? {}) as {
		mappingMode?: string;
		schema?: ResourceMapperField[] | null;
		value?: Record<string, unknown> | null;
	};
	const fields = schema ?? [];
	const values = new Map(Object.entries(value ?? {}));
	return {
		mappingMode,
		schema: fields,
		mapped: fields.filter(({ id }) => !isEmpty(values.get(id))),
	};
}

function fieldsOf({ key, name, label }: MapperFace): ResourceMapperField[] {
	return [
		field(key, label, 'string'),
		...TIMING_FIELDS.map(({ field: timing, label: setting }) => ({
			...field(timingFieldId(key, timing), `${name} · ${setting}`, 'number'),
			required: false,
			removed: true,
		})),
	];
}

/**
 * Hidden settings of the faces that another video may have. The editor unfolds every field that
 * comes in after something was mapped, but not one that it has met before.
 */
function announced(faces: MapperFace[]): ResourceMapperField[] {
	const keys = faces.map(({ key }) => key);
	while (keys.length < MOST_ANNOUNCED) {
		const key = following(keys[keys.length - 1]);
		if (!key || keys.includes(key)) break;
		keys.push(key);
	}
	return keys.slice(faces.length).flatMap((key) =>
		fieldsOf({ key, name: key, label: key })
			.filter(({ removed }) => removed)
			.map((setting) => ({ ...setting, display: false })),
	);
}

/** `face_009` → `face_010`, `#4` → `#5`, as far as ids count at all. */
function following(id: string): string | undefined {
	const [, stem, digits] = /^(.*?)(\d{1,9})$/.exec(id) ?? [];
	return digits && `${stem}${String(Number(digits) + 1).padStart(digits.length, '0')}`;
}

/** A mapped field of a face that the video does not have, under a name that says so. */
function asStale(mapped: ResourceMapperField): ResourceMapperField {
	const timing = TIMING_FIELDS.find(({ field: name }) => mapped.id.endsWith(`:${name}`));
	const key = timing ? mapped.id.slice(0, -timing.field.length - 1) : mapped.id;
	const name = positionOf(key) === undefined ? `ID ${key}` : `Face ${positionOf(key)}`;
	return {
		...mapped,
		displayName: [`${NOT_IN_VIDEO}: ${name}`, ...(timing ? [timing.label] : [])].join(' · '),
		removed: false,
		display: true,
	};
}

/** Required means only that the field is shown from the start: n8n enforces nothing in this mode. */
function field(id: string, displayName: string, type: 'string' | 'number'): ResourceMapperField {
	return {
		id,
		displayName,
		type,
		required: true,
		removed: false,
		defaultMatch: false,
		canBeUsedToMatch: false,
		display: true,
	};
}
