'use strict';

const express = require('express');
const { mergeSettings } = require('./settings');

/**
 * Makes the routes with which a person steers a running emulator by hand. They keep out of the request log.
 *
 * @param {object} api what `startEmulator` resolves to
 * @returns {import('express').Router} to be mounted at `/_emulator`
 */
function createControlRoutes(api) {
	const router = express.Router();
	router.use(express.json({ type: () => true }));
	router.get('/log', (req, res) => {
		const { log, deliveries, files, fetched } = api;
		res.json({ log, deliveries, files, fetched });
	});
	router.put('/settings', (req, res) => {
		res.json(mergeSettings(api.settings, req.body));
	});
	router.post('/faults', (req, res) => {
		api.fail(req.body);
		res.json({ added: req.body });
	});
	router.post('/reset', (req, res) => {
		api.reset();
		res.json({});
	});
	router.use((error, req, res, next) => {
		if (res.headersSent) return next(error);
		res.status(400).json({ code: 400, msg: error.message });
	});
	return router;
}

module.exports = { createControlRoutes };
