/* eslint-disable @n8n/community-nodes/no-restricted-imports */

import express, { type ErrorRequestHandler, type Router } from 'express';
import type { Emulator } from '.';
import type { Fault } from './faults';
import { mergeSettings, type EmulatorSettings } from './settings';

const LONGEST_TEXT = 1000;

/** Files in Base64 are cut, to be read by a person. */
const shortened = (_name: string, value: unknown) =>
	typeof value === 'string' && value.length > LONGEST_TEXT
		? `${value.slice(0, LONGEST_TEXT)}… (${value.length} characters)`
		: value;

const refuse: ErrorRequestHandler = (error: Error, _req, res, next) => {
	if (res.headersSent) return next(error);
	res.status(400).json({ code: 400, msg: error.message });
};

/**
 * Makes the routes with which a person steers a running emulator by hand, to be mounted at `/_emulator`.
 * They keep out of the request log.
 */
export function createControlRoutes(api: Omit<Emulator, 'url'>): Router {
	const router = express.Router();
	router.use(express.json({ type: () => true }));
	router.get('/log', (_req, res) => {
		const { log, deliveries, files, fetched } = api;
		res.type('json').send(JSON.stringify({ log, deliveries, files, fetched }, shortened));
	});
	router.put('/settings', (req, res) => {
		res.json(mergeSettings(api.settings, req.body as Partial<EmulatorSettings>));
	});
	router.post('/faults', (req, res) => {
		const fault = req.body as Fault;
		api.fail(fault);
		res.json({ added: fault });
	});
	router.post('/reset', (_req, res) => {
		api.reset();
		res.json({});
	});
	router.use(refuse);
	return router;
}
