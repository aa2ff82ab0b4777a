import { identifyRequest } from '../../nodes/KlingLipSync/operations/identifyFace/identifyRequest';

const MODEL = 'kling-identify-face';

describe('the request that finds the faces', () => {
	const medium = { value: 'https://a.example/v?signed=1', identity: 'binary 7', name: 'clip.mp4' };

	it('is told by what stays the same about the video', () => {
		expect(identifyRequest(medium)).toEqual({
			body: { model: MODEL, video_url: medium.value },
			identity: [MODEL, 'binary 7'],
			order: {},
		});
	});

	it('notes the length of the video and what the user gave it', () => {
		expect(identifyRequest({ ...medium, durationMs: 8040 }, 'row 7').order).toEqual({
			videoDuration: 8.04,
			reference: 'row 7',
		});
	});
});
