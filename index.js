const { KlingLipSyncApi } = require('./dist/credentials/KlingLipSyncApi.credentials.js');
const { KlingLipSync } = require('./dist/nodes/KlingLipSync/KlingLipSync.node.js');
const { KlingLipSyncTrigger } = require('./dist/nodes/KlingLipSync/KlingLipSyncTrigger.node.js');

module.exports = { KlingLipSync, KlingLipSyncApi, KlingLipSyncTrigger };
