import type { Request, RequestHandler } from 'express';
import { failureAnswer, send, successAnswer, type Answer } from './answers';
import { outcomeOf, strikesAfterWork, type FaultQueue } from './faults';
import type { Judge } from './judge';
import type { Lifetime } from './lifetime';
import { IDENTIFY, revisionAt, type Revision } from './models';
import { isObject, type CreateRequest, type LogEntry } from './requests';
import type { EmulatorSettings } from './settings';
import { sessionIdOf, type Task, type TaskStore } from './tasks';
import { findRequestFault } from './validate';

type Outcome = Answer & { taskId?: string };

function parseBody(text: unknown): unknown {
	if (typeof text !== 'string') return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

function keyOf({ headers }: LogEntry): string | undefined {
	return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
}

/**
 * Makes the handler of every request that is no file and no control request. It expects the body as text.
 * `dataOf` yields the `data` of a query's answer; `onRequest` is called with the log entry once the answer is
 * known.
 */
export function createApiHandler({
	settings,
	lifetime,
	store,
	judge,
	faults,
	log,
	dataOf,
	onRequest,
}: {
	settings: EmulatorSettings;
	lifetime: Lifetime;
	store: TaskStore;
	judge: Judge;
	faults: FaultQueue;
	log: LogEntry[];
	dataOf: (task: Task) => object;
	onRequest: (entry: LogEntry) => void;
}): RequestHandler {
	async function create(entry: LogEntry, body: unknown, revision: Revision): Promise<Outcome> {
		if (!/^application\/json\b/i.test(entry.headers['content-type'] ?? '')) {
			return failureAnswer(400, 'Content-Type must be application/json');
		}
		const { strict } = settings;
		const findSession = (sessionId: string) => store.session(sessionId);
		const fault = findRequestFault(body, { revision, strict, findSession });
		if (fault) return failureAnswer(400, fault);
		if (keyOf(entry) === settings.noCreditsKey) return failureAnswer(402);
		const request = body as CreateRequest;
		const index = store.nextIndex(request.model ?? '');
		const mediaFault = strict ? await findMediaFault(request) : null;
		if (mediaFault) return failureAnswer(400, mediaFault);
		const { taskId, model } = store.create(request, revision, index);
		return { ...successAnswer({ taskId, state: 'pending', model }), taskId };
	}

	async function findMediaFault(request: CreateRequest): Promise<string | null> {
		const session = request.model === IDENTIFY ? undefined : store.session(sessionIdOf(request));
		return session ? await judge.findLipSyncFault(request, session) : null;
	}

	function query({ query: { task_id: taskId } }: LogEntry, revision: Revision): Outcome {
		if (typeof taskId !== 'string' || taskId === '')
			return failureAnswer(400, 'task_id is required');
		const task = store.get(taskId);
		if (task?.revision !== revision) return failureAnswer(404);
		if (Date.now() < task.createTime + settings.unknownForMs) return failureAnswer(404);
		return successAnswer(dataOf(task));
	}

	async function respond(entry: LogEntry, body: unknown): Promise<Outcome> {
		const revision = revisionAt(entry.path);
		if (!revision) return failureAnswer(404, 'not found');
		const isCreate = entry.method === 'POST';
		if (!isCreate && entry.method !== 'GET')
			return { ...failureAnswer(405), headers: { allow: 'GET, POST' } };
		const keys = [settings.apiKey, settings.noCreditsKey].flat();
		if (!keys.includes(keyOf(entry) ?? '')) return failureAnswer(401);
		return isCreate ? await create(entry, body, revision) : query(entry, revision);
	}

	function record(req: Request, body: unknown): LogEntry {
		const entry: LogEntry = {
			at: Date.now(),
			method: req.method,
			path: req.path,
			query: { ...req.query },
			headers: { ...req.headers },
		};
		if (isObject(body)) {
			entry.body = body;
			if (entry.body.model !== undefined) entry.model = entry.body.model;
		}
		if (entry.method === 'GET' && entry.query.task_id !== undefined) {
			entry.taskId = String(entry.query.task_id);
			entry.model = store.get(entry.taskId)?.model;
		}
		log.push(entry);
		return entry;
	}

	return async (req, res) => {
		const body = parseBody(req.body);
		const entry = record(req, body);
		const fault = faults.take(entry);
		if (fault) entry.fault = fault.kind;
		const isUntouched = fault !== undefined && !strikesAfterWork(fault);
		const usual: Outcome = isUntouched ? outcomeOf(fault) : await respond(entry, body);
		if (usual.taskId) entry.taskId = usual.taskId;
		const answer = fault ? outcomeOf(fault) : usual;
		if (settings.latencyMs > 0) await lifetime.sleep(settings.latencyMs);
		entry.status = answer.status;
		onRequest(entry);
		send(res, answer, lifetime);
	};
}
