/** What the gateway is told when something cannot be done: a kind to act on, a stable reason, a text for people. */
import { I18nError, LogLevel } from '@vendure/core';

export type ProblemKind = 'NOT_FOUND' | 'CONFLICT' | 'INVALID';

export class PunchoutProblem extends I18nError {
    constructor(kind: ProblemKind, reason: string, message: string) {
        // Expected in daily work: no noise in the shop's log.
        super(message, {}, `PUNCHOUT_${kind}`, LogLevel.Verbose);
        this.extensions.reason = reason;
    }
}
