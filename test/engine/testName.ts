/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import type { Circus } from '@jest/types';

/** The full name of a test, as Jest tells it in results and matches it against patterns. */
export const fullName = ({ name, parent }: Circus.TestEntry | Circus.DescribeBlock): string =>
	parent?.parent ? `${fullName(parent)} ${name}` : name;
