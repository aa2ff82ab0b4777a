import { openEngineStage } from './engineStage';
import { scenarios, tell } from './scenarios';

describe("n8n's engine in this process", () => {
	test.each(scenarios)('$name', async (scenario) => {
		expect(await tell(scenario, openEngineStage)).toEqual(scenario.story);
	});
});
