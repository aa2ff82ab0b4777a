export { aac, m4a, mp3 } from './compressedAudio';
export { freeBox, video, type VideoOptions } from './video';
export { wav, type WavOptions } from './wav';
