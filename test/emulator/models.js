'use strict';

module.exports = { IDENTIFY: 'kling-identify-face', LIP_SYNC: 'kling-advanced-lip-sync' };
