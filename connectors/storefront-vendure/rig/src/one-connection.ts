/**
 * Vendure on SQLite. TypeORM has one connection to the file and takes the transactions of two requests for one: the
 * second is a savepoint within the first, whichever ends first ends the wrong one, and then nothing is answered any more.
 * So there one request comes after the other, and jobs are kept in memory. On PostgreSQL each has a connection.
 */
import { VendureConfig } from '@vendure/core';
// Vendure's own default, with times of its own; not among what it exports.
import { InMemoryJobQueueStrategy } from '@vendure/core/dist/job-queue/in-memory-job-queue-strategy';
import { webhookBackoff } from '@punchgate/vendure-plugin';

type Middleware = NonNullable<VendureConfig['apiOptions']['middleware']>[number];

/** A request begins when the one before it has been answered, or its client has gone. */
export function oneAfterTheOther(): Middleware {
    let before = Promise.resolve();
    return {
        route: '',
        beforeListen: true,
        handler: (_request: unknown, response: { once(event: 'close', told: () => void): void }, next: () => void) => {
            const turn = before;
            const answered = new Promise<void>(done => response.once('close', done));
            before = turn.then(() => answered);
            void turn.then(next);
        },
    };
}

export function jobsInMemory(): VendureConfig['jobQueueOptions'] {
    return { jobQueueStrategy: new InMemoryJobQueueStrategy({ pollInterval: 100, backoffStrategy: webhookBackoff }) };
}
