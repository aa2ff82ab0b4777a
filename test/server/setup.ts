import { stopAll } from './server';

// Here and not in each test file, so that a failing beforeAll leaves no server behind.
afterAll(stopAll, 60_000);
