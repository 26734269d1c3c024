/** Tells the gateway what happened, signed. Vendure's job queue keeps an event until it was taken or is given up. */
import { Inject, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { EventBus, FulfillmentStateTransitionEvent, JobQueue, JobQueueService, Logger, OrderStateTransitionEvent } from '@vendure/core';
import { randomUUID } from 'crypto';

import { OPTIONS, ResolvedOptions } from './options';
import { signedHeaders, signingKey } from './webhook-signature';

interface Message {
    id: string;
    body: string;
}

/** With the plugin's backoff about a day and a half. */
const RETRIES = 40;
const TIMEOUT_MS = 10_000;

@Injectable()
export class WebhooksService implements OnApplicationBootstrap {
    private queue: JobQueue<Message>;
    private readonly keys: Buffer[];

    constructor(
        private events: EventBus,
        private queues: JobQueueService,
        @Inject(OPTIONS) private options: ResolvedOptions,
    ) {
        const { secret, previousSecret } = options.webhook ?? {};
        this.keys = [secret, previousSecret].flatMap(text => (text ? [signingKey(text)] : []));
    }

    async onApplicationBootstrap(): Promise<void> {
        if (!this.options.webhook) return;
        this.queue = await this.queues.createQueue<Message>({
            name: 'punchgate-webhooks',
            process: job => this.deliver(job.data),
        });
        this.events.ofType(OrderStateTransitionEvent).subscribe(event => {
            const fields = event.order.customFields;
            this.announce('order.state', {
                order: event.order.code,
                from: event.fromState,
                to: event.toState,
                reference: fields?.punchoutReference ?? null,
            });
        });
        this.events.ofType(FulfillmentStateTransitionEvent).subscribe(event => {
            this.announce('fulfilment.state', {
                orders: event.fulfillment.orders?.map(order => order.code) ?? [],
                fulfilment: String(event.fulfillment.id),
                from: event.fromState,
                to: event.toState,
                method: event.fulfillment.method,
                tracking: event.fulfillment.trackingCode || null,
            });
        });
    }

    /** A hint: whoever takes it reads the thing itself. One that cannot be queued stops nothing else. */
    private announce(type: string, data: Record<string, unknown>): void {
        const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
        this.queue.add({ id: `msg_${randomUUID()}`, body }, { retries: RETRIES }).catch((error: Error) => {
            Logger.error(`${type} was not queued: ${error.message}`, 'Punchgate', error.stack);
        });
    }

    /** A further attempt has the same id and a signature of its own time. */
    private async deliver({ id, body }: Message): Promise<number> {
        const url = this.options.webhook?.url ?? '';
        const answer = await fetch(url, {
            method: 'POST',
            body,
            headers: { 'content-type': 'application/json', ...signedHeaders(id, new Date(), body, this.keys) },
            redirect: 'error',
            signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`);
        return answer.status;
    }
}
