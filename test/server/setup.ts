import { stopAll } from './processes';

// Here and not in each test file, so that a failing beforeAll leaves nothing behind.
afterAll(stopAll, 120_000);
