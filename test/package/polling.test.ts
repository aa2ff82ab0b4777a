import { poll } from '../bench/poll';

it('asks for a task no more often than promised, and soon notices its end', async () => {
	for (const row of await poll()) expect(row).toMatchObject({ met: true });
});
