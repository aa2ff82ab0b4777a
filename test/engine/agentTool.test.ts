import type { NodeParameters } from './setup';
import { kling, useWorld } from './setup';
import { AUDIO, deepText, identified, VIDEO } from './helpers';

const world = useWorld({ factor: 50 });

/** What the model is told of a call, by an agent of today and by one that holds its tools as objects. */
describe.each(['engine', 'invoke'])(
	'a call of an agent (%s) that is refused tells the model',
	(agent) => {
		const answer = async (parameters: NodeParameters, args: object = {}) => {
			const { output, run } = await world.engine.runAsTool(
				kling({ operation: 'lipSync', audioUrl: AUDIO, ...parameters }),
				args,
				{ agent },
			);
			return deepText([output, run.error]);
		};

		it('which faces there are, when it names one that is not there', async () => {
			const { taskId } = await identified(world.api, { faces: 2 });
			const told = await answer(
				{
					faceSource: 'identifyTask',
					identifyTaskId: taskId,
					faceId: "={{ $fromAI('faceId', '', 'string') }}",
				},
				{ faceId: 'the man' },
			);
			expect(told).toContain('Face "the man" is not in this video');
			expect(told).toContain('1 ("face_001"), 2 ("face_002")');
		});

		it('what is missing', async () => {
			const told = await answer(
				{ faceSource: 'video', videoUrl: "={{ $fromAI('videoUrl', '', 'string') }}" },
				{ videoUrl: '' },
			);
			expect(told).toContain('The URL of the video is missing');
			expect(told).toContain('Enter the URL of the video');
			expect(world.api.log).toEqual([]);
		});

		it('why a task failed and what would be better', async () => {
			world.api.settings.failWith = 'Face detection failed: no faces found';
			const told = await answer({ faceSource: 'video', videoUrl: VIDEO });
			expect(told).toContain('no faces found');
			expect(told).toContain('Use a video in which the face is large');
		});
	},
);

it('of a node in a workflow, the message and what to do are shown apart', async () => {
	const run = await world.run({
		operation: 'lipSync',
		videoUrl: '={{ $json.none }}',
		audioUrl: AUDIO,
	});
	expect(run.error?.message).toBe('The URL of the video is missing');
	expect(run.error?.description).toMatch(/^Enter the URL of the video/);
});
