import type {
	ILoadOptionsFunctions,
	ResourceMapperField,
	ResourceMapperFields,
} from 'n8n-workflow';

import { readAccess } from '../api/send';
import { queryTask } from '../api/tasks';
import { TIMING_FIELDS } from '../task/audioTiming';
import { timingFieldId } from '../task/faceMapping';
import type { Outcome } from '../task/problem';
import { attemptAsync, inputProblem, Problem } from '../task/problem';
import { sessionOfTask } from '../task/session';
import type { Face } from '../task/task';

/** More would stall the editor; real videos have a handful. */
const MOST_FACES = 50;

/**
 * The identified faces as the fields of the mapper; in every state without faces a notice that says
 * what to do, unless faces are mapped already: the editor drops the values of fields that are gone.
 * Never throws: the panel would stay empty.
 */
export async function getFaces(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
	const faces = await attemptAsync(async () => await askForFaces(this));
	if (!(faces instanceof Problem)) return { fields: faces.slice(0, MOST_FACES).flatMap(fieldsOf) };
	const { mappingMode, mapped } = currentMapping(this);
	if (mapped.length > 0) return { fields: mapped };
	// Automatic mapping needs no list, and its panel has no 'Retry'.
	if (mappingMode === 'autoMapInputData' && !faces.details.taskId) return { fields: [] };
	return notice(`${faces.message}. ${faces.hint}`);
}

async function askForFaces(context: ILoadOptionsFunctions): Promise<Outcome<Face[]>> {
	const taskId = context.getCurrentNodeParameter('identifyTaskId');
	// An expression that can't be resolved yet arrives as null.
	if (typeof taskId !== 'string' || taskId.trim() === '' || taskId.startsWith('=')) {
		return inputProblem(
			'The faces appear here once the identify task is known',
			"Run Identify Face first ('Execute previous nodes' on the left), so that its task ID arrives in 'Identify Task ID', then press 'Retry' above.",
		);
	}
	const access = await attemptAsync(async () => await readAccess(context));
	if (access instanceof Problem) {
		return inputProblem(
			'No credential is chosen',
			'Choose one above: the faces are fetched with its API key.',
		);
	}
	const answer = await queryTask(context, access, { taskId: taskId.trim() });
	if (answer instanceof Problem) return answer;
	return sessionOfTask(answer.task, Date.now()).faces ?? [];
}

function currentMapping(context: ILoadOptionsFunctions): {
	mappingMode?: string;
	mapped: ResourceMapperField[];
} {
	const { mappingMode, schema, value } = (context.getCurrentNodeParameter('faces') ?? {}) as {
		mappingMode?: string;
		schema?: ResourceMapperField[];
		value?: object | null;
	};
	return { mappingMode, mapped: Object.keys(value ?? {}).length > 0 ? (schema ?? []) : [] };
}

function fieldsOf(face: Face, index: number): ResourceMapperField[] {
	const { faceId } = face;
	const name = `Face ${index + 1}`;
	// Required means only that the field is shown from the start: n8n enforces nothing in this mode.
	const field = (
		id: string,
		displayName: string,
		type: 'string' | 'number',
		required: boolean,
	) => ({
		id,
		displayName,
		type,
		required,
		removed: !required,
		defaultMatch: false,
		canBeUsedToMatch: false,
		display: true,
	});
	return [
		field(faceId, [name, onScreen(face), faceId].filter(Boolean).join(' · '), 'string', true),
		...TIMING_FIELDS.map(({ field: timing, label }) =>
			field(timingFieldId(faceId, timing), `${name} ${label}`, 'number', false),
		),
	];
}

function onScreen({ startTime, endTime }: Face): string {
	if (typeof startTime !== 'number' || typeof endTime !== 'number') return '';
	return `${seconds(startTime)}–${seconds(endTime)} s`;
}

function seconds(ms: number): string {
	return String(Math.round(ms / 100) / 10);
}

/** Notices are HTML, and messages quote the vendor. */
function notice(text: string): ResourceMapperFields {
	const escaped = text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
	return { fields: [], emptyFieldsNotice: escaped };
}
