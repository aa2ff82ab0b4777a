import type {
	ILoadOptionsFunctions,
	ResourceMapperField,
	ResourceMapperFields,
} from 'n8n-workflow';

import { queryTask, readAccess } from '../api';
import { TIMING_FIELDS, timingFieldId } from '../task/faceChoose';
import { attemptAsync, Problem } from '../task/problem';
import { sessionOfTask } from '../task/session';
import type { Face } from '../task/task';

/** More would stall the editor; real videos have a handful. */
const MOST_FACES = 50;

/**
 * The identified faces as the fields of the mapper; in every state without faces a notice that says
 * what to do. Never throws: the panel would stay empty.
 */
export async function getFaces(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
	const taskId = this.getCurrentNodeParameter('identifyTaskId');
	if (typeof taskId !== 'string' || taskId.trim() === '' || taskId.startsWith('=')) {
		return notice(
			'The faces appear here once the identify task is known. Run Identify Face first, so that its task ID arrives here, then refresh this list.',
		);
	}
	const access = await attemptAsync(async () => await readAccess(this));
	if (access instanceof Problem) {
		return notice('Choose a credential above: the faces are fetched with its API key.');
	}
	const answer = await queryTask(this, access, { taskId: taskId.trim() });
	if (answer instanceof Problem) return notice(`${answer.message}. ${answer.hint}`);
	const session = await attemptAsync(async () => sessionOfTask(answer.task, Date.now()));
	if (session instanceof Problem) return notice(`${session.message}. ${session.hint}`);
	return { fields: (session.faces ?? []).slice(0, MOST_FACES).flatMap(fieldsOf) };
}

function fieldsOf(face: Face, index: number): ResourceMapperField[] {
	const { faceId } = face;
	const name = `Face ${index + 1}`;
	const field = (id: string, displayName: string, type: 'string' | 'number', removed: boolean) => ({
		id,
		displayName,
		type,
		removed,
		required: false,
		defaultMatch: false,
		canBeUsedToMatch: false,
		display: true,
	});
	return [
		field(
			faceId,
			`${name} (${[faceId, onScreen(face)].filter(Boolean).join(', ')})`,
			'string',
			false,
		),
		...TIMING_FIELDS.map(({ field: timing, label }) =>
			field(timingFieldId(faceId, timing), `${name} ${label}`, 'number', true),
		),
	];
}

function onScreen({ startTime, endTime }: Face): string {
	if (typeof startTime !== 'number' || typeof endTime !== 'number') return '';
	return `on screen ${seconds(startTime)}–${seconds(endTime)} s`;
}

function seconds(ms: number): string {
	return String(Math.round(ms / 100) / 10);
}

/** Notices are HTML, and messages quote the vendor. */
function notice(text: string): ResourceMapperFields {
	const escaped = text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
	return { fields: [], emptyFieldsNotice: escaped };
}
