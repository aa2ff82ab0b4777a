import type { IDataObject } from 'n8n-workflow';

import type { TaskRequest } from '../../run/submit';
import type { Outcome } from '../../task/problem';
import { attempt, Problem } from '../../task/problem';
import type { Session } from '../../task/session';
import { MODELS } from '../../task/task';
import type { LipSyncInput } from './readInput';

/** The request that drives the chosen faces of an item's session. */
export function buildRequest(
	{ choose, extra }: LipSyncInput,
	{ sessionId, faces, identifyTaskId }: Session,
): Outcome<TaskRequest> {
	const order = identifyTaskId ? { identifyTaskId } : {};
	const chosen = attempt(() => choose(faces));
	if (chosen instanceof Problem) return chosen.with(order);
	const { choices, identity } = chosen;
	return {
		body: {
			model: MODELS.lipSync,
			session_id: sessionId,
			face_choose: choices as unknown as IDataObject[],
			...extra,
		},
		identity: [MODELS.lipSync, sessionId, identity, extra],
		order,
	};
}
